import { joinChanges } from '../../state/target-state.ts';
import { isWaitingFor, waitingChange } from '../../state/waiting.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { unchanged } from '../report/report.ts';
import { previousOf } from './outcome.ts';
import { recordIfPossible } from './pause-before.ts';
import { reportSuperseded } from './report-events.ts';
import { statusIsFinal } from './waiting.ts';

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/**
 * Leaves the commit for later: a hold, a window or a missing approval keeps it from being deployed. Writes only the state, once
 * for each reason.
 */
export async function defer(
  run: StartedRun,
  reason: string,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal },
): Promise<Report> {
  const { revision, state } = run;
  const on = [reason];
  if (!isWaitingFor(run, on)) {
    await reportSuperseded(run, world, signal);
    const isFinal = await statusIsFinal(run, world, signal);
    if (!isFinal) await world.report({ kind: 'deferred', revision, reason }, signal);
    const waiting = waitingChange(run, {
      on,
      counts: NO_COUNTS,
      isApplied: false,
      isExact: false,
      isDeferred: true,
    });
    // No back-off: the sweep deploys it as soon as it may.
    const outcome = { backoff: null, pendingOn: isFinal ? null : revision };
    await recordIfPossible(joinChanges(waiting, { outcome }), { recorded: run.recorded, world }, signal);
  }
  return { ...unchanged(revision, previousOf(state)), verdict: 'waiting', waitingFor: on, isDeferred: true };
}
