import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readParent, writeParent } from '../../../src/cluster/state/parent.ts';
import type { Parent } from '../../../src/cluster/state/parent.ts';
import { decodeEntries, encodeEntries } from '../../../src/cluster/state/shard.ts';
import type { Repository, Target } from '../../../src/config/checked/config.ts';
import type { Entry } from '../../../src/state/inventory.ts';
import { aTarget, generation } from '../../plan/builders.ts';

/**
 * The state objects of real targets, as release 0.1.0 wrote them to a real cluster: format "1", which every later release
 * must read and write. Each file holds the target's ConfigMaps and its settings from headgate.yml.
 */
interface Recorded {
  readonly target: Pick<Target, 'name' | 'namespace' | 'ref' | 'path'> & {
    readonly repository: Pick<Repository, 'name' | 'url'>;
  };
  readonly objects: readonly ConfigMap[];
}

interface ConfigMap {
  readonly metadata: Readonly<Record<'name' | 'uid' | 'resourceVersion', string>> & {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly data?: { readonly state: string };
  readonly binaryData?: { readonly inventory: string };
}

const DIRECTORY = join(dirname(fileURLToPath(import.meta.url)), 'recorded');
const NAMES = readdirSync(DIRECTORY).map((file) => file.replace('.json', ''));

function recorded(name: string) {
  const { target: about, objects } = JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')) as Recorded;
  const target = aTarget({ ...about, repository: { ...aTarget().repository, ...about.repository } });
  const [parent, ...shards] = objects;
  if (parent === undefined) throw new Error('no parent');
  return { target, parent, shards };
}

function read(name: string): Parent['state'] & { readonly entries: readonly Entry[] } {
  const { target, parent, shards } = recorded(name);
  const { state } = readParent(parent as unknown as Parameters<typeof readParent>[0], target);
  const held = shards.flatMap(({ binaryData }) => decodeEntries(binaryData?.inventory ?? '', name));
  return { ...state, entries: [...state.inventory.inline, ...held] };
}

const rowsOf = (base64: string) => gunzipSync(Buffer.from(base64, 'base64')).toString();
const entryOf = (name: string, object: string) => read(name).entries.find(({ id }) => id.name === object);

describe('a state recorded by release 0.1.0', () => {
  it.each(NAMES)('is unchanged after it is read and written again: %s', (name) => {
    const { target, parent, shards } = recorded(name);
    const { state, uid, resourceVersion } = readParent(parent as unknown as Parameters<typeof readParent>[0], target);
    expect({ uid, resourceVersion }).toEqual({
      uid: parent.metadata.uid,
      resourceVersion: parent.metadata.resourceVersion,
    });
    const again = writeParent(state, target) as unknown as ConfigMap;
    const annotations = Object.entries(again.metadata.annotations).filter(([, value]) => value !== null);
    expect(Object.fromEntries(annotations)).toEqual(parent.metadata.annotations);
    expect(again.metadata.labels).toEqual(parent.metadata.labels);
    expect(again.data).toEqual(parent.data);
    for (const { metadata, binaryData } of [parent, ...shards]) {
      const stored = binaryData?.inventory;
      if (stored === undefined) continue;
      expect(rowsOf(encodeEntries(decodeEntries(stored, metadata.name)))).toBe(rowsOf(stored));
    }
  });

  it('holds what was applied for a plain target, and the version of each object', () => {
    const state = read('plain');
    expect(state.hasOtherOrigin).toBe(false);
    expect(state.applied).toMatchObject({
      source: {
        revision: '9b5e16d0010ed45094aa047b97452be4488b4cfa',
        rootTree: 'ec4a813a889f1681ffdd5a2d4739d6266dd2389f',
        tree: 'ef632052415b2e6959454bedaaadba16b0497bce',
      },
      renderer: { kind: 'plain' },
      inputs: { shared: 'b1140f98f130cab0c87eaf311a3ea27f5fdc160f' },
    });
    expect(state.run).toEqual({ lease: null, dirty: [] });
    expect(state.outcome).toMatchObject({ verdict: 'deployed', backoff: null, rewind: null });
    expect(state.inventory).toMatchObject({
      isRecorded: true,
      shards: [],
      count: 5,
      groupKinds: ['ConfigMap', 'Deployment.apps', 'Secret'],
      namespaces: [],
    });
    const versions = Object.fromEntries(state.entries.map(({ id, version }) => [id.name, version]));
    expect(versions).toEqual({
      a: { kind: 'resourceVersion', value: '20960', hasFinished: false },
      not: null,
      once: { kind: 'any' },
      s: { kind: 'resourceVersion', value: '20959', hasFinished: false },
      web: generation('1'),
    });
  });

  it('holds the renderer, its version and the digest of its chart', () => {
    expect(read('kustomize').applied.renderer).toEqual({ kind: 'kustomize', version: 'v1.36.3' });
    expect(read('chart').applied.renderer).toEqual({
      kind: 'helm',
      version: 'v4.2.3',
      chartDigest: 'sha256:97a046f1ff664eaa5c22439b55f8a563bd77067673ad092eecf8050aab72dd1c',
    });
  });

  it('holds that a Job has finished', () => {
    expect(entryOf('finished', 'done')).toMatchObject({ version: generation('1', true) });
  });

  it('holds what a killed run touched, and what it may have written or moved', () => {
    const { run, entries, applied, outcome } = read('killed');
    expect(run.dirty).toEqual(['apps/a.yaml', 'apps/account.yaml', 'apps/new.yaml', 'apps/old.yaml']);
    expect(run.lease).toMatchObject({ run: '17ff78b5-680d-4185-9188-3a94cf278cd1' });
    expect(applied.source?.revision).not.toBe(outcome.attempted);
    expect(outcome.pendingOn).toBe(outcome.attempted);
    const pending = entries.flatMap(({ id, file, pending: each }) =>
      each === null ? [] : [[id.name, file, each.from]],
    );
    expect(pending).toEqual([
      ['two', 'apps/account.yaml', null],
      ['fresh', 'apps/new.yaml', null],
      ['moved', 'apps/new.yaml', 'apps/old.yaml'],
    ]);
  });

  it('lists its shards, even if the run that created them was killed', () => {
    const names = (of: string) => [1, 2, 3, 4].map((n) => `${recorded(of).parent.metadata.name}.${n}`);
    expect(read('sharded')).toMatchObject({ inventory: { shards: names('sharded'), count: 10 } });
    expect(read('sharded').entries).toHaveLength(10);
    expect(read('killed-sharded')).toMatchObject({
      applied: { source: null, settings: null },
      inventory: { isRecorded: true, shards: names('killed-sharded') },
      run: { dirty: 'all' },
    });
    expect(read('killed-sharded').entries.every(({ pending }) => pending !== null)).toBe(true);
  });

  it('holds what a run waits for, and since when', () => {
    const { outcome, progress } = read('waiting');
    expect(progress.waiting).toEqual({
      revision: outcome.attempted,
      sinceMs: 1_795_819_082_288,
      created: 0,
      updated: 1,
      // An earlier release did not write these.
      pruned: 0,
      isApplied: false,
      on: ['Deployment t-251eaad1/web'],
      isDeferred: false,
      isExact: true,
    });
    expect(progress.awaited).toEqual({ revision: outcome.attempted, sinceMs: 1_795_819_082_288 });
    expect(outcome).toMatchObject({ verdict: 'waiting', backoff: { class: 'guard', tries: 1 } });
  });

  it('holds the back-off of a refused commit, and the rewind that a sweep found', () => {
    const { outcome } = read('refused');
    expect(outcome).toMatchObject({ verdict: 'refused', pendingOn: null, rewind: null });
    expect(outcome.backoff).toMatchObject({ revision: outcome.attempted, class: 'manifest', tries: 1 });
    expect(read('rewind').outcome.rewind).toBe('1cd0f0e037ac92da7e4adae387e342e0a0f29d16');
  });

  it('holds the drift that was found, and the objects that were corrected recently', () => {
    expect(read('drift-reported').drift).toEqual({
      found: { objects: 1, since: '2026-11-27T22:38:08.229Z' },
      contests: {},
    });
    expect(read('drift-corrected').drift).toEqual({
      found: null,
      contests: {
        'ConfigMap t-4aff2bdc/a': { times: 1, lastMs: 1_795_819_089_116, restUntilMs: 1_795_819_089_116 },
      },
    });
  });
});

describe('a state that this release cannot read', () => {
  it.each([
    ['an unknown renderer', '"renderer":"plain"', '"renderer":"jsonnet v1"'],
    ['a renderer without its version', '"renderer":"plain"', '"renderer":"kustomize"'],
    ['a field of another type', '"dirty":[]', '"dirty":"some"'],
    ['a shard of another target', '"shards":[]', '"shards":["headgate-other.1"]'],
  ])('is refused, never rewritten: %s', (_what, before, after) => {
    const { target, parent } = recorded('plain');
    const state = (parent.data?.state ?? '').replace(before, after);
    expect(state).not.toBe(parent.data?.state);
    const object = { ...parent, data: { state } } as unknown as Parameters<typeof readParent>[0];
    expect(() => readParent(object, target)).toThrow(expect.objectContaining({ code: 'state-invalid' }));
  });
});
