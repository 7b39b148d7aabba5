import { atOnce, retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Prune } from '../../plan/model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import type { KubeAnswer } from '../api/connection.ts';
import { confirmDeleted, deleteRequest } from '../api/delete-request.ts';
import type { KindCache } from '../api/kinds.ts';
import { readOwned } from '../api/owned.ts';
import { refusalOf } from '../api/status.ts';
import { judgeRemoval } from '../removal/judge-removal.ts';
import type { Entry } from '../../state/inventory.ts';
import type { WriteContext } from './write.ts';

export interface PruneContext extends WriteContext {
  readonly kinds: KindCache;
  readonly applySetId: string;
  readonly touched: Pick<ReadonlySet<string>, 'has'>;
  /** What earlier steps deleted. */
  readonly removed: readonly Entry[];
}

interface Refusal {
  readonly kind: 'refused';
  readonly answer: KubeAnswer;
}

/** If a controller writes to the object while it is judged, it is read and judged again. */
const CONFLICTS: RetryPolicy<ChangeResult | Refusal> = {
  pausesMs: [0, 0, 0, 0, 0],
  verdictOn: (outcome) =>
    outcome.kind === 'answered' && outcome.answer.kind === 'refused' && outcome.answer.answer.status === 409
      ? 'again'
      : 'final',
};

/** Deletes an object that left Git, unless the prune rule keeps it. */
export async function prune(change: Prune, context: PruneContext, signal: AbortSignal): Promise<ChangeResult> {
  const attempt = (attempts: number) => judgeAndDelete(change, { ...context, attempts }, signal);
  const result = await retry(attempt, CONFLICTS, { wait: atOnce, signal });
  if (result.kind !== 'refused') return result;
  const problem = await refusalOf(result.answer, {
    subject: formatId(change.entry.id),
    secret: false,
    request: 'delete',
  });
  return { kind: 'failed', change, problem };
}

async function judgeAndDelete(
  change: Prune,
  { attempts, ...context }: PruneContext & { readonly attempts: number },
  signal: AbortSignal,
): Promise<ChangeResult | Refusal> {
  const owned = await readOwned(change.entry, context, signal);
  const rule = { ...context, written: [], removedState: null };
  const verdict = await judgeRemoval(change.entry, owned?.live ?? null, rule, signal);
  if (verdict.kind === 'keep') return { ...verdict, kind: 'kept', prune: change };
  if (verdict.kind === 'gone' || owned === null) return { kind: 'pruned', prune: change };
  // The last attempt checks only the uid.
  const isExact = attempts < CONFLICTS.pausesMs.length;
  const request = { ...deleteRequest(owned.path, owned.live, isExact), fence: context.held };
  const answer = await context.connection.request(request, signal);
  if (answer.status < 300) confirmDeleted(answer.text, { uid: owned.live.uid, subject: formatId(change.entry.id) });
  if (answer.status < 300 || answer.status === 404) return { kind: 'pruned', prune: change };
  return { kind: 'refused', answer };
}
