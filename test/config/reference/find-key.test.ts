import { expect, it } from 'vitest';
import { findKey } from '../../../src/config/reference/find-key.ts';

it.each([
  ['targets.prune.limit', 'targets.prune.limit'],
  ['prune.limit', 'targets.prune.limit'],
  ['targets[0].prune.limit', 'targets.prune.limit'],
  ['webhookSecret:', 'repositories.webhookSecret'],
])('finds the key that is written as %s', (written, key) => {
  expect(findKey(written)).toMatchObject({ kind: 'found', reference: { key } });
});

it('finds the keys inside a map, and not those inside of them', () => {
  const found = findKey('clusters');
  expect(found.kind === 'found' && found.inside.map(({ key }) => key)).toEqual([
    'clusters.kubeconfig',
    'clusters.eks',
    'clusters.insecure',
  ]);
});

it('lists all keys of an ambiguous name, and suggests a key for a misspelled one', () => {
  expect(findKey('path')).toEqual({
    kind: 'ambiguous',
    keys: ['clusters.kubeconfig.path', 'targets.path', 'images.jsonPaths.path'],
  });
  expect(findKey('prune.limt')).toEqual({ kind: 'unknown', suggestion: 'targets.prune.limit' });
  expect(findKey('quota')).toEqual({ kind: 'unknown', suggestion: null });
});
