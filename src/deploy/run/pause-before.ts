import { DeployError } from '../../error/deploy-error.ts';
import { openedCommit } from '../../state/current.ts';
import { joinChanges } from '../../state/target-state.ts';
import type { StateChange, Waiting } from '../../state/target-state.ts';
import { isWaitingFor, waitingChange } from '../../state/waiting.ts';
import type { WaitingRun } from '../../state/waiting.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { RecordedTarget } from '../ports/cluster.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { unchanged } from '../report/report.ts';
import { reportWaiting } from './report-events.ts';

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

interface PauseBefore extends Pick<Waiting, 'on' | 'isApplied'> {
  readonly check: CheckRequest | null;
  /** As in `LastOutcome`. */
  readonly errors?: readonly string[];
  /** What else the state records. */
  readonly also?: StateChange;
}

/**
 * Ends a run before its first write, because what it needs is not ready. No lease is held meanwhile. `check` watches what is
 * awaited; null: it is another target, which queues its dependents itself.
 */
export async function waitBefore(
  run: WaitingRun & Pick<StartedRun, 'recorded' | 'isHeld'>,
  { on, check, isApplied, errors = [], also = {} }: PauseBefore,
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const { state, revision, sinceMs } = run;
  const { waiting } = state.progress;
  // For repeated requests with nothing new, neither the state nor the commit status is written.
  const isKnown = isWaitingFor(run, on);
  if (!isKnown || (check !== null && !isCheckPending(run, world))) {
    if (check !== null) await world.checks.send(check, 0, signal);
    if (!isKnown) await reportWaiting(run, on, world, signal);
    const change = waitingChange(run, {
      on,
      counts: NO_COUNTS,
      isApplied,
      isExact: waiting?.isExact === true,
      // A hold and a window still let it end.
      ...(openedCommit(state) === revision ? { isOpened: true } : {}),
      errors,
    });
    const awaited = check === null ? {} : { progress: { awaited: { revision, sinceMs } } };
    await recordIfPossible(joinChanges(joinChanges(change, awaited), also), { recorded: run.recorded, world }, signal);
  }
  const previous = state.applied.source?.revision ?? null;
  return { ...unchanged(revision, previous), verdict: 'waiting', waitingFor: on };
}

/** Is the last check that was queued still running? */
function isCheckPending({ state, revision, nowMs }: WaitingRun, { target }: World): boolean {
  const { awaited } = state.progress;
  return awaited?.revision === revision && nowMs < awaited.sinceMs + target.waitMs;
}

/** Without a namespace there is no place for the state; what the run waits for may create it. */
export async function recordIfPossible(
  change: StateChange,
  { recorded, world }: { readonly recorded: RecordedTarget; readonly world: World },
  signal: AbortSignal,
): Promise<void> {
  try {
    await world.stage('record', () => recorded.record(change, signal));
  } catch (thrown) {
    if (!(thrown instanceof DeployError && thrown.code === 'namespace-missing')) throw thrown;
  }
}
