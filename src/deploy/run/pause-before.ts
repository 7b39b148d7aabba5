import { DeployError } from '../../error/deploy-error.ts';
import type { Applied } from '../../state/target-state.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { unchanged } from '../report/report.ts';
import { reportWaiting } from './announce.ts';
import { NAMED, waitingState } from './waiting.ts';
import type { WaitingRun } from './waiting.ts';

const NO_COUNTS = { created: 0, updated: 0 };

/**
 * Ends a run before its first write: what it needs is not ready. Nothing is held meanwhile. `check`: what looks for it, if
 * it is not another target, which calls by itself.
 */
export async function waitBefore(
  run: WaitingRun,
  { on, check }: { readonly on: readonly string[]; readonly check: CheckRequest | null },
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const { applied, revision, sinceMs } = run;
  const { waiting } = applied;
  // Somebody asks again and again, and nothing is new: neither the state nor the commit is written.
  const isKnown = waiting?.revision === revision && JSON.stringify(waiting.on) === JSON.stringify(on.slice(0, NAMED));
  if (!isKnown || (check !== null && !isLookedFor(run, world))) {
    if (check !== null) await world.checks.send(check, 0, signal);
    if (!isKnown) await reportWaiting(run, on, world, signal);
    const state = waitingState(run, { on, counts: NO_COUNTS, isExact: waiting?.isExact === true });
    const awaited = check === null ? {} : { awaited: { revision, sinceMs } };
    await recordIfThereIsPlace({ ...state, ...awaited }, world, signal);
  }
  const previous = applied.source?.revision ?? null;
  return { ...unchanged(revision, previous), verdict: 'waiting', waitingFor: on };
}

/** Is the check that was asked for last still on its way? */
function isLookedFor({ applied: { awaited }, revision, nowMs }: WaitingRun, { target }: World): boolean {
  return awaited?.revision === revision && nowMs < awaited.sinceMs + target.waitMs;
}

/** Without a namespace there is no place for the state: what is waited for may bring it. */
async function recordIfThereIsPlace(state: Partial<Applied>, world: World, signal: AbortSignal): Promise<void> {
  try {
    await world.stage('record', () => world.cluster.record(state, signal));
  } catch (thrown) {
    if (!(thrown instanceof DeployError && thrown.code === 'namespace-missing')) throw thrown;
  }
}
