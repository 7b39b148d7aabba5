import type { Problem } from '../../error/deploy-error.ts';
import { formatId } from '../../resource/resource.ts';
import type { Candidate } from '../model/facts.ts';
import { formatKind } from '../../resource/kind-order.ts';
import type { Prune } from '../model/plan.ts';

/** Kinds that hold values unique in the cluster: a node port, a cluster IP. */
const HOLDERS: ReadonlySet<string> = new Set(['Service']);

/** Prunes come last, so a value that a pruned object holds is not free for another object in the same push. */
export function adviseDeleteFirst(problem: Problem, { resource }: Candidate, prunes: readonly Prune[]): Problem {
  const kind = formatKind(resource.id);
  const holder = prunes.find(({ entry }) => formatKind(entry.id) === kind);
  if (problem.code !== 'manifest-rejected' || !HOLDERS.has(kind) || holder === undefined) return problem;
  return {
    ...problem,
    code: 'delete-first',
    remedy: `Push the deletion of ${formatId(holder.entry.id)} first if it holds the value, and add this object in the next push.`,
  };
}
