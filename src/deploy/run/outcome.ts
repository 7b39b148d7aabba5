import type { Revision } from '../../snapshot/source.ts';
import type { TargetState } from '../../state/target-state.ts';
import { countsSoFar } from '../../state/waiting.ts';
import { objectsFor } from '../ports/check-request.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { Counts, Report } from '../ports/report.ts';
import { unchanged } from '../report/report.ts';
import { recipientOf } from '../targets/recipient.ts';
import type { PlannedRun, StartedRun } from '../prepare/started-run.ts';
import { namesOf } from '../prepare/names.ts';
import { hasFailed, hasSucceeded } from '../../state/history.ts';
import { isLeftByHold } from '../../state/current.ts';

export function previousOf({ applied: { source } }: TargetState): Revision | null {
  return source?.revision ?? null;
}

/** Nothing to do. A commit whose objects are still being checked gets its status from the check. */
export function unchangedSince(state: TargetState, revision: Revision): Report {
  const isAwaited = state.progress.awaited?.revision === revision;
  return { ...unchanged(revision, previousOf(state)), readiness: isAwaited ? 'awaited' : null };
}

/**
 * Whether the commit of a run without changes needs a status. It does if we left it pending, whatever triggered the run. It
 * does not if it was applied before the request arrived. But the request of a run that died is older than what that run
 * applied, and nothing shows whether the run reported it.
 */
export function owed({
  request,
  state,
  revision,
}: Pick<StartedRun, 'request' | 'state' | 'revision'>): Partial<Pick<Report, 'isOwed' | 'isAnswered' | 'readiness'>> {
  const { progress, outcome, applied } = state;
  // What failed may have been done meanwhile, by another target for example.
  if (outcome.attempted === revision && hasFailed(outcome)) return { isOwed: true };
  if ([progress.waiting?.revision, outcome.retry?.revision].includes(revision)) return { isOwed: true };
  // A command that died after its last write is repeated by its user, and no queue keeps its request.
  const isRepeated = request.trigger.kind === 'cli' && outcome.pendingOn === revision;
  if (isRepeated || isLeftByHold(state, revision)) return { isOwed: true };
  if (applied.source?.revision !== revision || !hasSucceeded(outcome)) return {};
  if (Date.parse(request.at) > Date.parse(applied.deployedAt ?? '')) return { isAnswered: true };
  if ((request.tries ?? 1) === 1 || outcome.pendingOn !== revision) return {};
  // What awaits nothing was ready at once.
  const isReady = request.target.waitMs > 0 && progress.awaited?.revision !== revision;
  return isReady ? { isOwed: true, readiness: 'ready' } : { isOwed: true };
}

/** Reports a commit that was applied in several runs as one. */
export function withOverall(report: Report, run: PlannedRun): Report {
  const { created, updated, pruned, adopted, beganMs } = countsSoFar(run);
  if (report.verdict === 'waiting') return { ...report, waitingFor: namesOf(run.plan.awaits) };
  if (beganMs === run.sinceMs) return report;
  const counts = {
    created: report.created + created,
    updated: report.updated + updated,
    pruned: report.pruned + pruned,
    ...counted((report.adopted ?? 0) + adopted),
    ...(report.released === undefined ? {} : { released: report.released }),
    ...(report.kept === undefined ? {} : { kept: report.kept }),
  };
  return { ...report, overall: { ...counts, durationMs: run.nowMs - beganMs } };
}

function counted(adopted = 0): Pick<Counts, 'adopted'> {
  return adopted === 0 ? {} : { adopted };
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** The check of what this run applied; without a report it applied nothing. */
export function checkOf(
  run: PlannedRun,
  { overall, lifted, ...own }: Counts & Pick<Report, 'overall' | 'lifted'> = NO_COUNTS,
): CheckRequest {
  const { request, revision, plan, sinceMs } = run;
  const { created, updated, adopted, pruned, released, kept } = overall ?? own;
  return {
    ...recipientOf(request.target),
    trigger: request.trigger,
    revision,
    sinceMs,
    beganMs: countsSoFar(run).beganMs,
    counts: {
      created,
      updated,
      pruned,
      ...counted(adopted),
      ...(released === undefined ? {} : { released }),
      ...(kept === undefined ? {} : { kept }),
    },
    objects: objectsFor(plan.awaits),
    total: plan.awaits.length,
    attempt: 0,
    reported: null,
    statusIsFinal: false,
    resumesRun: plan.pauseAfter !== null,
    ...(lifted ? { lifted } : {}),
  };
}
