import type { Problem } from '../../error/deploy-error.ts';
import { formatKind } from '../../resource/kind-order.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import type { Prune } from '../model/plan.ts';
import { protectedKind } from '../ownership/prune-rule.ts';
import { heldValues } from './held-values.ts';
import { isWritten } from './may-pass-later.ts';

/** Kinds whose pods count toward a quota. */
const WORKLOADS: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicationController',
  'ReplicaSet.apps',
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'Job.batch',
]);

/** Prunes come last, so a value that a pruned object holds is not free for another object in the same push. */
export function refuseHeld(candidate: Candidate, { holders }: Pick<Facts, 'holders'>): Problem | null {
  if (holders.length === 0 || !isWritten(candidate)) return null;
  const { id, object, source } = candidate.resource;
  const wanted = heldValues(id, object);
  const taken = holders.filter((holder) => holder.values.some((value) => wanted.includes(value)));
  const values = wanted.filter((value) => taken.some((holder) => holder.values.includes(value)));
  if (taken.length === 0) return null;
  return {
    code: 'delete-first',
    subject: formatPosition(source),
    message: `${formatId(id)} needs ${values.join(', ')}, which ${namesOf(taken)} holds until this push has been applied`,
    remedy: `Push the deletion of ${namesOf(taken)} first, and this object in the next push.`,
  };
}

/** Names what the same push would prune too late to make room for the refused object. */
export function adviseDeleteFirst(
  problem: Problem,
  { resource: { id }, observation }: Candidate,
  { prunes, target }: { readonly prunes: readonly Prune[]; readonly target: Facts['target'] },
): Problem {
  if (!('obstacle' in observation) || prunes.length === 0) return problem;
  const { obstacle, quota } = observation;
  const pruned = prunes
    .map(({ entry }) => entry)
    .filter((entry) => protectedKind(entry, { annotations: {} }, target) === null);
  const rules = pruned.filter((entry) => isRule(entry.id, { id, obstacle, quota }));
  if (rules.length > 0)
    return advised(problem, `${namesOf(rules)} first if that is what refuses this object, and the object`);
  const counted = quota === undefined ? [] : pruned.filter((entry) => countsLike(entry.id, id));
  if (counted.length === 0) return problem;
  return advised(problem, `${namesOf(counted)} first to make room in quota ${quota ?? ''}, and this object`);
}

function advised(problem: Problem, what: string): Problem {
  return { ...problem, code: 'delete-first', remedy: `Push the deletion of ${what} in the next push.` };
}

/** A quota, limit or policy that leaves Git refuses objects until it is pruned. */
function isRule(
  { group, kind, namespace, name }: ResourceId,
  refused: { readonly id: ResourceId; readonly obstacle: string; readonly quota: string | undefined },
): boolean {
  if (group === 'admissionregistration.k8s.io') return refused.obstacle === 'policy';
  if (group !== '' || namespace !== refused.id.namespace || refused.obstacle !== 'forbidden') return false;
  if (kind === 'ResourceQuota') return name === refused.quota;
  return kind === 'LimitRange' && refused.quota === undefined && refused.id.kind === 'Pod';
}

/** A quota that is exceeded by an object counts the objects of its kind, or the pods of workloads. */
function countsLike(pruned: ResourceId, refused: ResourceId): boolean {
  if (pruned.namespace !== refused.namespace) return false;
  const kind = formatKind(pruned);
  return kind === formatKind(refused) || (refused.kind === 'Pod' && WORKLOADS.has(kind));
}

function namesOf(entries: readonly { readonly id: ResourceId }[]): string {
  const names = entries.slice(0, 3).map(({ id }) => formatId(id));
  return entries.length > 3 ? `${names.join(', ')} and ${entries.length - 3} more` : names.join(' and ');
}
