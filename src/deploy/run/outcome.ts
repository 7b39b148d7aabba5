import type { Revision } from '../../snapshot/source.ts';
import type { TargetState } from '../../state/target-state.ts';
import { countsSoFar } from '../../state/waiting.ts';
import { objectsFor } from '../ports/check-request.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { Report } from '../ports/report.ts';
import { unchanged } from '../report/report.ts';
import { recipientOf } from '../targets/recipient.ts';
import type { PlannedRun, StartedRun } from '../prepare/started-run.ts';
import { namesOf } from '../prepare/names.ts';

export function previousOf({ applied: { source } }: TargetState): Revision | null {
  return source?.revision ?? null;
}

/** Nothing to do. A commit whose objects are still being checked gets its status from the check. */
export function unchangedSince(state: TargetState, revision: Revision): Report {
  const isAwaited = state.progress.awaited?.revision === revision;
  return { ...unchanged(revision, previousOf(state)), readiness: isAwaited ? 'awaited' : null };
}

/** We left a commit that had to wait, or whose runs failed, pending, so it must get a final status whatever triggered this run. */
export function owed({ state, revision }: Pick<StartedRun, 'state' | 'revision'>): Pick<Report, 'isOwed'> {
  const { progress, outcome } = state;
  return [progress.waiting?.revision, outcome.retry?.revision].includes(revision) ? { isOwed: true } : {};
}

/** Reports a commit that was applied in several runs as one. */
export function withOverall(report: Report, run: PlannedRun): Report {
  const { created, updated, beganMs } = countsSoFar(run);
  if (report.verdict === 'waiting') return { ...report, waitingFor: namesOf(run.plan.awaits) };
  if (beganMs === run.sinceMs) return report;
  const counts = { created: report.created + created, updated: report.updated + updated, pruned: report.pruned };
  return { ...report, overall: { ...counts, durationMs: run.nowMs - beganMs } };
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** The check of what this run applied; without a report it applied nothing. */
export function checkOf(
  run: PlannedRun,
  { overall, ...own }: Pick<Report, 'created' | 'updated' | 'pruned' | 'overall'> = NO_COUNTS,
): CheckRequest {
  const { request, revision, plan, sinceMs } = run;
  const { created, updated, pruned } = overall ?? own;
  return {
    ...recipientOf(request.target),
    trigger: request.trigger,
    revision,
    sinceMs,
    beganMs: countsSoFar(run).beganMs,
    counts: { created, updated, pruned },
    objects: objectsFor(plan.awaits),
    total: plan.awaits.length,
    attempt: 0,
    reported: null,
    statusIsFinal: false,
    resumesRun: plan.pauseAfter !== null,
  };
}
