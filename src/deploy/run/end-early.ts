import { unchanged, refusedBecause } from '../report/report.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { hasFailed } from '../../state/history.ts';
import { reportSuperseded } from './report-events.ts';
import { owed, previousOf, unchangedSince } from './outcome.ts';
import { waitBefore } from './pause-before.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { refusalState } from './state-transitions.ts';
import type { Stop } from '../prepare/stops.ts';
import type { Kept } from './held.ts';
import { describeHold } from '../../state/hold.ts';
import { isLeftByHold, isLeftPending, openedCommit } from '../../state/current.ts';

/** Ends a run that has no plan. */
export async function endEarly(
  stop: Stop,
  run: StartedRun,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal },
): Promise<Report> {
  const { state, revision } = run;
  switch (stop.kind) {
    case 'rewound':
      // Only sweeps have to agree: another run may have read the same replica.
      if (run.request.trigger.kind === 'sweep')
        await world.stage('record', () => run.recorded.record({ outcome: { rewind: revision } }, signal));
      return unchanged(previousOf(state), previousOf(state));
    case 'held':
      return endKept({ at: stop.hold.at, reason: describeHold(stop.hold) }, run, { world, signal });
    case 'closed':
      return endKept({ at: openedCommit(state), reason: stop.reason }, run, { world, signal });
    case 'current':
      await reportSuperseded(run, world, signal);
      if (isUnsettled(run)) await settle(run, world, signal);
      return { ...unchangedSince(state, revision), ...owed(run) };
    case 'never-deployed':
      return unchanged(revision, state.hasOtherOrigin ? null : previousOf(state));
    case 'backing-off':
      return unchanged(revision, previousOf(state));
    case 'refused': {
      const previous = stop.isRecorded ? previousOf(state) : null;
      if (stop.isRecorded) await recordRefusal(stop, run, { world, signal });
      return { ...refusedBecause(revision, previous, stop.problems), isRecorded: stop.isRecorded };
    }
    case 'waiting':
      await reportSuperseded(run, world, signal);
      if (stop.owesRelease) {
        const { releaseFirst } = await import('./wait-for-release.ts');
        return releaseFirst(run, stop.on, { world, signal });
      }
      return waitBefore(run, { on: stop.on, check: null, isApplied: false }, world, signal);
    default:
      return stop satisfies never;
  }
}

async function endKept(
  kept: Kept,
  run: StartedRun,
  context: { readonly world: World; readonly signal: AbortSignal },
): Promise<Report> {
  // No push needs it while nothing keeps the tip back.
  const { endHeld } = await import('./held.ts');
  return (await endHeld(kept, run, context)) ?? endEarly({ kind: 'current' }, run, context);
}

/** Does the state still record that a run waits or failed? */
function isUnsettled({ state, revision }: StartedRun): boolean {
  const { progress, outcome } = state;
  if (progress.waiting !== null || outcome.retry !== null || hasFailed(outcome)) return true;
  return isLeftByHold(state, revision) || isLeftPending(state, revision);
}

/** The target no longer has to apply what it was waiting for, or failed to apply: the tip is applied already. */
async function settle(run: StartedRun, world: World, signal: AbortSignal): Promise<void> {
  const { state, revision } = run;
  const over = { pendingOn: null, backoff: null, retry: null };
  const outcome = hasFailed(state.outcome)
    ? ({ ...over, verdict: 'unchanged', attempted: revision, errors: [] } as const)
    : over;
  const change = { progress: { waiting: null }, outcome };
  await world.stage('record', () => run.recorded.record(change, signal));
}

async function recordRefusal(
  { problems }: Extract<Stop, { kind: 'refused' }>,
  run: StartedRun,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal },
): Promise<void> {
  await reportSuperseded(run, world, signal);
  await world.stage('record', () => run.recorded.record(refusalState(run, problems), signal));
}
