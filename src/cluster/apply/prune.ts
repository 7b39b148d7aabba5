import { failureClassOf } from '../../error/deploy-error.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Prune } from '../../plan/model/plan.ts';
import { judgePrune } from '../../plan/ownership/prune-rule.ts';
import { formatId } from '../../resource/resource.ts';
import { deleteRequest } from '../api/delete-request.ts';
import type { KindCache } from '../api/kinds.ts';
import { readOwned } from '../api/owned.ts';
import { problemOf } from '../api/status.ts';
import type { WriteContext } from './write.ts';

/** Controllers write to an object while it is judged; after this many tries its uid alone has to do. */
const CONFLICT_TRIES = 5;

export interface PruneContext extends WriteContext {
  readonly kinds: KindCache;
  readonly applySetId: string;
  readonly touched: Pick<ReadonlySet<string>, 'has'>;
}

/** Reads one object that left Git, judges it, and deletes exactly what was judged. */
export async function prune(change: Prune, context: PruneContext, signal: AbortSignal): Promise<ChangeResult> {
  const { entry } = change;
  for (let tries = 1; ; tries += 1) {
    const owned = await readOwned(entry, context, signal);
    const verdict = judgePrune(entry, owned?.live ?? null, context);
    if (verdict.kind === 'keep') return { ...verdict, kind: 'kept', prune: change };
    if (verdict.kind === 'gone' || owned === null) return { kind: 'pruned', prune: change };
    const request = { ...deleteRequest(owned.path, owned.live, tries <= CONFLICT_TRIES), fence: context.held };
    const answer = await context.connection.request(request, signal);
    if (answer.status < 300 || answer.status === 404) return { kind: 'pruned', prune: change };
    if (answer.status === 409 && tries <= CONFLICT_TRIES) continue;
    const error = problemOf(answer, { subject: formatId(entry.id), secret: false });
    if (failureClassOf(error.code) === 'external') throw error;
    return { kind: 'failed', change, problem: error.problem };
  }
}
