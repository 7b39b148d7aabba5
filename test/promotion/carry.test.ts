import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../src/config/images/image-reference.ts';
import { findReferences } from '../../src/images/edit/find-references.ts';
import { namedImages } from '../../src/images/edit/named-images.ts';
import { scalarAt } from '../../src/images/edit/scalar-at.ts';
import { disagreements } from '../../src/promotion/carry/carried.ts';
import { carriedImages, imageChanges } from '../../src/promotion/carry/images.ts';
import type { ReferringFile } from '../../src/promotion/carry/images.ts';
import { carriedPaths, pathChanges } from '../../src/promotion/carry/paths.ts';
import type { StagePath } from '../../src/promotion/carry/paths.ts';
import { commitMessage } from '../../src/promotion/record/commit-message.ts';
import {
  movedBy,
  recordIn,
  recordMessage,
  recordsOf,
  releaseMessage,
  trailersOf,
} from '../../src/promotion/record/record.ts';
import { asRevision } from '../../src/snapshot/source.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

function soughtIn(...texts: readonly string[]) {
  return [...new Set(texts.flatMap((text) => namedImages(text)))].flatMap((name) => {
    const image = parseImageReference(name);
    return image === null ? [] : [{ name, image, jsonPaths: [] }];
  });
}

/** What promoting one file to another one makes of it, with what is left out. */
function promoted(from: string, to: string) {
  const sought = soughtIn(from);
  const filesOf = (path: string, text: string): readonly ReferringFile[] => {
    const found = findReferences(text, { images: sought, marked: new Set() });
    return [{ path, text, references: found.kind === 'read' ? found.references : [] }];
  };
  const { carried, leftOut } = carriedImages(filesOf('dev.yaml', from));
  const changes = imageChanges(carried, filesOf('prod.yaml', to), sought);
  const written = changes.files.get('prod.yaml');
  return {
    text: written === undefined ? to : Buffer.from(written).toString(),
    edits: changes.edits.map((edit) => `${edit.line} ${edit.key} ${edit.from} -> ${edit.to}`),
    leftOut: [...leftOut, ...changes.leftOut].map(({ reason }) => reason),
  };
}

function deployment(image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web } # keep
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${image}   # the release
`;
}

describe('the images that move', () => {
  it.each([
    [
      'a tag to a tag, and nothing else of the file',
      deployment('ghcr.io/acme/web:1.1.0'),
      deployment("'ghcr.io/acme/web:1.0.0'"),
      deployment("'ghcr.io/acme/web:1.1.0'"),
    ],
    [
      'a tag to a kustomization',
      deployment('ghcr.io/acme/web:1.10'),
      'images:\n- {name: web, newName: ghcr.io/acme/web, newTag: 1.9}\n',
      'images:\n- {name: web, newName: ghcr.io/acme/web, newTag: "1.10"}\n',
    ],
    [
      'a tag between values of charts',
      'image: { registry: ghcr.io, repository: acme/web, tag: main-2 }\n',
      'image: { registry: ghcr.io, repository: acme/web, tag: main-1 }\n',
      'image: { registry: ghcr.io, repository: acme/web, tag: main-2 }\n',
    ],
    [
      'a digest to where there is none',
      deployment(`ghcr.io/acme/web:1.1.0@${B}`),
      deployment('ghcr.io/acme/web:1.0.0'),
      deployment(`ghcr.io/acme/web:1.1.0@${B}`),
    ],
    [
      'a digest alone',
      deployment(`ghcr.io/acme/web@${B}`),
      deployment(`ghcr.io/acme/web@${A}`),
      deployment(`ghcr.io/acme/web@${B}`),
    ],
    [
      'what is below a marker of Flux, as anything else',
      'images:\n- name: web\n  newTag: 2.0.0 # {"$imagepolicy": "flux-system:web:tag"}\n',
      'images:\n- name: web\n  newTag: 1.0.0\n',
      'images:\n- name: web\n  newTag: 2.0.0\n',
    ],
  ])('are %s', (_what, from, to, expected) => expect(promoted(from, to).text).toBe(expected));

  it('are only those that both stages have', () => {
    const [from, to] = [deployment('ghcr.io/acme/web:2.0.0'), deployment('ghcr.io/acme/api:1.0.0')];
    expect(promoted(from, to)).toEqual({ text: to, edits: [], leftOut: [] });
  });

  it('are listed with their places', () => {
    const { edits } = promoted(deployment('ghcr.io/acme/web:1.1.0'), deployment('ghcr.io/acme/web:1.0.0'));
    expect(edits).toEqual(['9 ghcr.io/acme/web 1.0.0 -> 1.1.0']);
  });

  it.each([
    [
      'has two versions of it',
      `${deployment('acme/web:1.1.0')}---\n${deployment('acme/web:1.2.0')}`,
      deployment('acme/web:1.0.0'),
      'several versions in one stage: 1.1.0, 1.2.0',
    ],
    [
      'does not name the digest that the next one needs',
      deployment('acme/web:1.1.0'),
      deployment(`acme/web:1.0.0@${A}`),
      'prod.yaml:9 has a digest, but the previous stage has none',
    ],
    [
      'does not name the tag that the next one needs',
      deployment(`acme/web@${B}`),
      deployment('acme/web:1.0.0'),
      'prod.yaml:9 has a tag, but the previous stage has none',
    ],
  ])('do not move when the stage %s', (_what, from, to, reason) => {
    expect(promoted(from, to)).toEqual({ text: to, edits: [], leftOut: [reason] });
  });

  it('do not move when two stages that have to agree differ', () => {
    const of = (stage: string, version: string) => ({ stage, carried: [{ key: 'web', version, image: null }] });
    expect(disagreements([of('eu', '1'), of('us', '2')])).toEqual([{ key: 'web', reason: 'eu has 1, us has 2' }]);
    expect(disagreements([of('eu', '1'), of('us', '1')])).toEqual([]);
  });
});

function pathOf(stage: string, key: string, text: string | null): StagePath {
  const [file = '', keys] = key.split('#');
  const oid = text === null ? '' : Buffer.from(text).toString('hex').slice(0, 40);
  return {
    key,
    path: `apps/${stage}/${file}`,
    content: text === null ? null : { oid, bytes: Buffer.from(text) },
    scalar: keys === undefined || text === null ? null : scalarAt(text, keys.split('.')),
  };
}

describe('the files and values that move', () => {
  const move = (key: string, from: string | null, to: string | null) => {
    const [source, target] = [[pathOf('dev', key, from)], [pathOf('prod', key, to)]];
    const { edits, files, leftOut } = pathChanges(source, target);
    const written = [...files.values()].map((bytes) => Buffer.from(bytes).toString());
    return { edits: edits.length, written, leftOut: [...carriedPaths(source).leftOut, ...leftOut] };
  };

  it('are whole files as they are', () => {
    expect(move('version.yaml', 'version: 2 # two\n', 'version: 1\n')).toEqual({
      edits: 1,
      written: ['version: 2 # two\n'],
      leftOut: [],
    });
  });

  it.each([
    ['image.tag', 'image: { tag: "1.10" }\n', 'image:\n  tag: 1.9 # now\n', 'image:\n  tag: "1.10" # now\n'],
    ['replicas', 'replicas: 3\n', 'replicas: 2\n', 'replicas: 3\n'],
    ['0.on', '- { on: yes }\n', '- { on: no, off: [1] }\n', '- { on: yes, off: [1] }\n'],
    ['a', "a: 'it''s'\n", 'a: x\nb: 1\n', "a: 'it''s'\nb: 1\n"],
  ])('are values as they are written, at %s', (keys, from, to, expected) => {
    expect(move(`values.yaml#${keys}`, from, to).written).toEqual([expected]);
  });

  it.each([
    ['the stage does not have the file', 'v.yaml#a', 'a: 1\n', null, 'apps/prod/v.yaml does not exist'],
    ['the stage before does not have the file', 'v.yaml', null, 'a: 1\n', 'apps/dev/v.yaml does not exist'],
    ['the stage does not have the value', 'v.yaml#a', 'a: 1\n', 'b: 1\n', 'it does not have the value'],
    ['the value is a list', 'v.yaml#a', 'a: [1]\n', 'a: 1\n', 'it has a map or a list there'],
    ['the value has several lines', 'v.yaml#a', 'a: |\n  x\n', 'a: 1\n', 'is not a quoted or simple text in one line'],
    ['the value would end in brackets', 'v.yaml#a', 'a: x, y\n', '{ a: 1 }\n', 'is not a quoted or simple text'],
    ['the file is no YAML', 'v.yaml#a', 'a: 1\n', '{{ x\n', 'it is not valid YAML'],
  ])('do not move when %s', (_what, key, from, to, reason) => {
    const { edits, leftOut } = move(key, from, to);
    expect(edits).toBe(0);
    expect(leftOut).toEqual([{ key, reason: expect.stringContaining(reason) }]);
  });
});

function revision(digit: string): Revision {
  const found = asRevision(digit.repeat(40));
  if (found === null) throw new Error(`${digit} makes no commit id`);
  return found;
}

const STEP = { promotion: 'shop', stage: 'prod' };

describe('the record of a promotion', () => {
  const edits = [
    { key: 'ghcr.io/acme/web', path: 'prod/web.yaml', line: 7, from: '1.0.0', to: '1.1.0' },
    { key: 'ghcr.io/acme/web', path: 'prod/job.yaml', line: 9, from: '0.9.0', to: '1.1.0' },
  ];
  const written = {
    ...STEP,
    from: [{ stage: 'dev', revision: revision('c') }],
    moved: movedBy(edits),
    by: null,
    isHold: false,
  };

  it('is in the trailers of the commit, which says what changed where', () => {
    const message = commitMessage(written, edits);
    expect(message).toBe(`Promote web 1.1.0 to prod

From dev at cccccccccccc:
- prod/web.yaml:7: ghcr.io/acme/web 1.0.0 -> 1.1.0
- prod/job.yaml:9: ghcr.io/acme/web 0.9.0 -> 1.1.0

Headgate-Promotion: shop
Headgate-Promotion-Stage: prod
Headgate-Promotion-From: dev ${'c'.repeat(40)}
Headgate-Promotion-Moved: ghcr.io/acme/web 1.0.0,0.9.0 -> 1.1.0
`);
    expect(recordIn(message, STEP)).toEqual({ moved: written.moved, hold: null, commit: null, pullRequest: null });
  });

  it('belongs to its promotion and stage alone', () => {
    const message = recordMessage(written, 'd'.repeat(40));
    expect(recordIn(message, STEP)?.commit).toBe('d'.repeat(40));
    expect(recordIn(message, { ...STEP, stage: 'staging' })).toBeNull();
    expect(recordIn(message, { ...STEP, promotion: 'blog' })).toBeNull();
  });

  it('survives any key and version, and a person with line breaks', () => {
    const moved = [{ key: 'my values.yaml#a', from: ['"x, y -> z"', '%'], to: "'é\t'" }];
    const by = 'ann\nHeadgate-Promotion-Stage: dev';
    const read = recordIn(commitMessage({ ...written, moved, by, isHold: true }, []), STEP);
    expect(read).toEqual({ moved, hold: 'ann Headgate-Promotion-Stage: dev', commit: null, pullRequest: null });
  });

  it('ends a hold without moving anything', () => {
    const message = releaseMessage({ ...written, by: 'ann', isHold: true }, revision('1'));
    expect(recordIn(message, STEP)).toEqual({ moved: [], hold: null, commit: revision('1'), pullRequest: null });
  });

  it('is read from the branch as far as the ref does not have it', () => {
    const writtenTo = (to: string) => ({ ...written, moved: [{ key: 'web', from: ['0'], to }] });
    const branch = ['3', '2', '1'].map((n) => ({ revision: revision(n), message: commitMessage(writtenTo(n), []) }));
    const ref = ['2', '1'].map((n) => ({
      revision: revision(n === '2' ? 'b' : 'a'),
      message: recordMessage(writtenTo(n), revision(n)),
    }));
    const versions = (ofRef: typeof ref) =>
      recordsOf({ ofRef, ofBranch: branch }, STEP).flatMap(({ moved }) => moved.map(({ to }) => to));
    expect(versions(ref)).toEqual(['3', '2', '1']);
    expect(versions([])).toEqual(['3', '2', '1']);
  });

  it('of a commit that was merged may set a hold, and ends none that the ref has', () => {
    const held = { ...written, by: 'ann', isHold: true };
    const ofRef = [{ revision: revision('a'), message: recordMessage(held, revision('1')) }];
    const merged = (isHold: boolean) => [
      {
        revision: revision('2'),
        message: `Fix a typo\n\n${trailersOf({ ...written, moved: [], by: 'eve', isHold }).join('\n')}\n`,
      },
    ];
    expect(recordsOf({ ofRef, ofBranch: merged(false) }, STEP)[0]?.hold).toBe('ann');
    expect(recordsOf({ ofRef, ofBranch: merged(true) }, STEP)[0]?.hold).toBe('eve');
    expect(recordsOf({ ofRef: [], ofBranch: merged(false) }, STEP)[0]?.hold).toBeNull();
  });
});
