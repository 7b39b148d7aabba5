import { describe, expect, it } from 'vitest';
import { liftedBy } from '../../../src/plan/planner/lifted.ts';
import { LIFTING_KINDS } from '../../../src/plan/refusals/may-pass-later.ts';
import { SEEN, aCandidate, aResource, anEntry } from '../builders.ts';

function created(kindAndGroup: string) {
  const [kind = '', ...group] = kindAndGroup.split('.');
  const candidate = aCandidate(aResource(kind, 'x', { group: group.join('.'), namespace: '' }), { kind: 'creates' });
  const write = { op: 'create', candidate, unverified: false, from: null } as const;
  return { kind: 'applied', write, seen: SEEN, effect: 'created', warnings: [] } as const;
}

describe('what lifts the refusals of other targets', () => {
  it.each([...LIFTING_KINDS, 'ValidatingAdmissionPolicy.admissionregistration.k8s.io'])(
    'includes a change of a %s, which also lifts refusals of the same push',
    (kind) => {
      expect(liftedBy([created(kind)])).not.toBeNull();
    },
  );

  it('includes refusals of the content if a definition or a role was written, or a Service deleted', () => {
    const service = { kind: 'pruned', prune: { op: 'prune', entry: anEntry(aResource('Service', 'x')) } } as const;
    const definition = created('CustomResourceDefinition.apiextensions.k8s.io');
    for (const result of [definition, created('Role.rbac.authorization.k8s.io'), service])
      expect(liftedBy([result])).toMatchObject({ ofContent: true });
    expect(liftedBy([created('Namespace')])).toEqual({ namespaces: ['x'] });
  });

  it('does not include a change of an object that no other one is checked against', () => {
    expect(liftedBy([created('ConfigMap')])).toBeNull();
  });
});
