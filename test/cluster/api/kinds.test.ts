import { describe, expect, it } from 'vitest';
import { kindsOfGroup, pathSegment, staleVersions } from '../../../src/cluster/api/kinds.ts';

describe('a name in a request path', () => {
  it.each([
    ['web', 'web'],
    ['system:node', 'system%3Anode'],
    ['a/../b', 'a%2F..%2Fb'],
    ['?labelSelector=x', '%3FlabelSelector%3Dx'],
  ])('is encoded: %s', (name, expected) => {
    expect(pathSegment(name)).toBe(expected);
  });

  it.each(['', '.', '..'])('is refused where it would be another path: "%s"', (name) => {
    expect(() => pathSegment(name)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
  });
});

/** A group as in apidiscovery.k8s.io/v2, served by a server of its own. */
const group = (freshness: string, verbs: readonly string[]) => ({
  metadata: { name: 'metrics.k8s.io' },
  versions: [
    {
      version: 'v1beta1',
      freshness,
      resources: [{ resource: 'pods', scope: 'Namespaced', verbs, responseKind: { kind: 'PodMetrics' } }],
    },
  ],
});

describe('a group in the discovery of a cluster', () => {
  it('has kinds that are only computed, which cannot be deleted', () => {
    expect(kindsOfGroup(group('Current', ['get', 'list']))).toMatchObject([
      { kind: 'PodMetrics', isListable: true, isDeletable: false },
    ]);
    expect(kindsOfGroup(group('Current', ['list', 'delete']))).toMatchObject([{ isDeletable: true }]);
  });

  it('is stale in the versions whose server does not answer, also if no kind is known', () => {
    expect(staleVersions(group('Current', ['get']))).toEqual([]);
    const [version] = group('Stale', []).versions;
    const unknown = { metadata: { name: 'metrics.k8s.io' }, versions: [{ ...version, resources: [] }] };
    expect(staleVersions(unknown)).toEqual(['metrics.k8s.io/v1beta1']);
  });
});
