import { describe, expect, it } from 'vitest';
import type { Candidate, Obstacle } from '../../../src/plan/model/facts.ts';
import { makePlan } from '../../../src/plan/planner/make-plan.ts';
import { formatKind } from '../../../src/resource/kind-order.ts';
import type { Resource } from '../../../src/resource/resource.ts';
import { SEEN, aCandidate, aResource, live, someFacts } from '../builders.ts';

const OBSTACLES: readonly Obstacle[] = ['kind', 'namespace', 'reference', 'schema', 'forbidden', 'policy', 'content'];
const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';
const cluster = { namespace: '' };
/** Webhooks and policies come last, unless the user orders them. */
const first = { metadata: { name: 'x', annotations: { 'headgate.dev/wave': '-1' } } };
const pod = aResource('Pod', 'web');
const bindingOf = (kind: string) =>
  aResource('RoleBinding', 'web', { group: RBAC, object: { roleRef: { kind, name: 'x' } } });
const claim = aResource('PersistentVolumeClaim', 'web');
const widget = aResource('Widget', 'web', { group: 'example.com' });
const names = { group: 'example.com', names: { kind: 'Widget' } };

/** An earlier object, the refused one, and the obstacles that the change of the earlier one can remove. */
const TABLE: readonly (readonly [Resource, Resource, readonly Obstacle[]])[] = [
  [aResource('Namespace', 'shop', cluster), pod, ['namespace', 'forbidden', 'policy']],
  [aResource('Namespace', 'other', cluster), pod, []],
  [
    aResource('CustomResourceDefinition', 'widgets.example.com', {
      ...cluster,
      group: 'apiextensions.k8s.io',
      object: { spec: names },
    }),
    widget,
    ['kind', 'schema', 'content'],
  ],
  [
    aResource('CustomResourceDefinition', 'widgets.example.com', {
      ...cluster,
      group: 'apiextensions.k8s.io',
      object: { spec: names },
    }),
    pod,
    [],
  ],
  [aResource('ResourceQuota', 'x'), pod, ['forbidden']],
  [aResource('ResourceQuota', 'x', { namespace: 'other' }), pod, []],
  [aResource('LimitRange', 'x'), pod, ['forbidden']],
  [aResource('LimitRange', 'x'), claim, ['forbidden']],
  [aResource('LimitRange', 'x'), widget, []],
  [aResource('ServiceAccount', 'x'), pod, ['forbidden']],
  [aResource('ServiceAccount', 'x'), claim, []],
  [aResource('Role', 'x', { group: RBAC }), bindingOf('Role'), ['reference', 'forbidden']],
  [aResource('Role', 'other', { group: RBAC }), bindingOf('Role'), ['forbidden']],
  [aResource('ClusterRole', 'x', { ...cluster, group: RBAC }), bindingOf('ClusterRole'), ['reference', 'forbidden']],
  [aResource('RoleBinding', 'x', { group: RBAC }), pod, ['forbidden']],
  [aResource('ClusterRoleBinding', 'x', { ...cluster, group: RBAC }), pod, ['forbidden']],
  [aResource('PriorityClass', 'x', { ...cluster, group: 'scheduling.k8s.io' }), pod, ['forbidden']],
  [aResource('RuntimeClass', 'x', { ...cluster, group: 'node.k8s.io' }), pod, ['forbidden']],
  [aResource('StorageClass', 'x', { ...cluster, group: 'storage.k8s.io' }), claim, ['forbidden']],
  [aResource('StorageClass', 'x', { ...cluster, group: 'storage.k8s.io' }), pod, []],
  [aResource('IngressClass', 'x', { ...cluster, group: 'networking.k8s.io' }), pod, []],
  ...[
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
  ].map(
    (kind) =>
      [aResource(kind, 'x', { ...cluster, group: ADMISSION, object: first }), pod, ['forbidden', 'policy']] as const,
  ),
  [aResource('ValidatingAdmissionPolicy', 'x', { ...cluster, group: ADMISSION }), pod, []],
  [aResource('ConfigMap', 'x'), pod, []],
];

const problem = {
  code: 'manifest-rejected',
  subject: 'apps/web.yaml:1',
  message: 'refused',
  remedy: 'Fix it.',
} as const;

function planOf(earlier: Resource, refused: Candidate) {
  return makePlan(someFacts({ candidates: [aCandidate(earlier, { kind: 'creates' }), refused] }));
}

describe('an obstacle', () => {
  it.each(
    TABLE.map(([earlier, refused, lifted]) => [formatKind(earlier.id), refused.id.kind, lifted, { earlier, refused }]),
  )('of the same push: %s before %s removes %j', (_earlier, _refused, lifted, { earlier, refused }) => {
    const passing = OBSTACLES.filter(
      (obstacle) => planOf(earlier, aCandidate(refused, { kind: 'refused', problem, obstacle })).refusals.length === 0,
    );
    expect(passing).toEqual(OBSTACLES.filter((obstacle) => lifted.includes(obstacle)));
  });

  it('in the way of an object that exists leads to an unverified update, never to a create', () => {
    const blocked = { kind: 'blocked', live: SEEN, problem, obstacle: 'forbidden' } as const;
    const plan = planOf(aResource('ResourceQuota', 'x'), aCandidate(pod, blocked));
    expect(plan.steps.at(-1)).toMatchObject([{ op: 'update', unverified: true }]);
  });

  it('in the way of an object of another owner does not hide the owner', () => {
    const other = live({ labels: { 'applyset.kubernetes.io/part-of': 'applyset-other-v1' } });
    const blocked = { kind: 'blocked', live: SEEN, problem, obstacle: 'forbidden' } as const;
    const plan = planOf(aResource('ResourceQuota', 'x'), aCandidate(pod, blocked, other));
    expect(plan.refusals).toMatchObject([{ code: 'foreign-owner' }]);
  });
});
