import type { Problem } from '../../error/deploy-error.ts';
import { formatId } from '../../resource/resource.ts';
import type { Candidate } from '../model/facts.ts';
import { formatKind } from '../../resource/kind-order.ts';
import type { Prune } from '../model/plan.ts';

/** Kinds that hold values of which the cluster has one each: a node port, a cluster IP. */
const HOLDERS: ReadonlySet<string> = new Set(['Service']);

/** Deletions come last, so what a pruned object holds cannot be given to another in the same push. */
export function adviseDeleteFirst(problem: Problem, { resource }: Candidate, prunes: readonly Prune[]): Problem {
  const kind = formatKind(resource.id);
  const holder = prunes.find(({ entry }) => formatKind(entry.id) === kind);
  if (problem.code !== 'manifest-rejected' || !HOLDERS.has(kind) || holder === undefined) return problem;
  return {
    ...problem,
    code: 'delete-first',
    remedy: `If ${formatId(holder.entry.id)}, which this push deletes, holds the value: delete it first, add this one in the next push.`,
  };
}
