import { describe, expect, it } from 'vitest';
import { separateUnserved } from '../../src/plan/planner/separate-unserved.ts';
import { readManifests } from '../../src/resource/manifests.ts';
import type { Problem } from '../../src/error/deploy-error.ts';
import { DOCUMENTS } from './documents.ts';

const linesOf = (problems: readonly Problem[]) =>
  problems.map(({ subject, message }) => `${subject.slice(subject.indexOf(':') + 1)}: ${message}`);

/** What a document is on a cluster that serves these kinds. */
function judge(text: string, kinds: readonly string[]) {
  const { manifests, unread, problems } = readManifests({ path: 'apps/x.yaml', bytes: Buffer.from(text) });
  const separated = separateUnserved(
    { manifests, unread: unread.map((each) => ({ ...each, path: 'apps/x.yaml' })) },
    { isServed: ({ kind }) => kinds.includes(kind), hasKind: (kind) => kinds.includes(kind) },
  );
  return {
    manifests: separated.manifests.length,
    unread: separated.unread.length,
    refused: linesOf([...problems, ...separated.refusals]),
  };
}

describe('a document', () => {
  it.each(DOCUMENTS)('that is or has $what is read as what it is meant to be', ({ text, is }) => {
    const expected =
      is === 'manifest'
        ? { manifests: 1, unread: 0, refused: [] }
        : is === 'not a manifest'
          ? { manifests: 0, unread: 1, refused: [] }
          : { manifests: 0, unread: 0, refused: 'refused' in is ? is.refused : is.ifServed };
    expect(judge(text, ['ConfigMap', 'Job', 'NetworkPolicy'])).toEqual(expected);
  });

  const named = DOCUMENTS.filter(({ is }) => typeof is === 'object' && 'ifServed' in is);
  it.each(named)('that has $what is not a manifest where no cluster serves that kind', ({ text }) => {
    expect(judge(text, [])).toEqual({ manifests: 0, unread: 1, refused: [] });
  });

  it('of a kind for tools is a manifest where a cluster serves that kind after all', () => {
    const text = 'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: shop }\n';
    expect(judge(text, ['Component'])).toEqual({ manifests: 1, unread: 0, refused: [] });
  });

  it('is refused at the same lines when its variables are substituted', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${N}\n';
    const { problems } = readManifests({ path: 'a.yaml', bytes: Buffer.from(text) }, { variables: { N: 'off' } });
    expect(linesOf(problems)).toEqual(['4: metadata.name is a boolean: quote it']);
  });

  it('is never quoted in an error beyond the names and values of the fields that every manifest has', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata:\n  "nam\\u0007": hunter2\nstringData: { pin: hunter2 }\n';
    expect(JSON.stringify(judge(text, []))).not.toMatch(/hunter2|u0007/);
  });
});
