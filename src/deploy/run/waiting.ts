import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { joinChanges } from '../../state/target-state.ts';
import type { StateChange } from '../../state/target-state.ts';
import { isWaitingFor, waitingChange } from '../../state/waiting.ts';
import type { WaitingRun } from '../../state/waiting.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { RecordedTarget } from '../ports/cluster.ts';
import { commitStatus, unchanged } from '../report/report.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

export function namesOf(objects: readonly AwaitedObject[]): readonly string[] {
  return objects.map(({ id }) => `${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`);
}

const NO_COUNTS = { created: 0, updated: 0 };

/**
 * Ends a run before its first write: what it needs is not ready. Nothing is held meanwhile. `check`: what looks for it, if
 * it is not another target, which calls by itself.
 */
export async function waitBefore(
  run: WaitingRun & { readonly recorded: RecordedTarget },
  { on, check }: { readonly on: readonly string[]; readonly check: CheckRequest | null },
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const { state, revision, sinceMs } = run;
  const { waiting } = state.progress;
  // Somebody asks again and again, and nothing is new: neither the state nor the commit is written.
  const isKnown = isWaitingFor(run, on);
  if (!isKnown || (check !== null && !isLookedFor(run, world))) {
    if (check !== null) await world.checks.send(check, 0, signal);
    if (!isKnown) await announceWaiting(run, on, world, signal);
    const change = waitingChange(run, { on, counts: NO_COUNTS, isExact: waiting?.isExact === true });
    const awaited = check === null ? {} : { progress: { awaited: { revision, sinceMs } } };
    await recordIfThereIsPlace(joinChanges(change, awaited), { recorded: run.recorded, world }, signal);
  }
  const previous = state.applied.source?.revision ?? null;
  return { ...unchanged(revision, previous), verdict: 'waiting', waitingFor: on };
}

/** Is the check that was asked for last still on its way? */
function isLookedFor({ state, revision, nowMs }: WaitingRun, { target }: World): boolean {
  const { awaited } = state.progress;
  return awaited?.revision === revision && nowMs < awaited.sinceMs + target.waitMs;
}

/** Without a namespace there is no place for the state: what is waited for may bring it. */
async function recordIfThereIsPlace(
  change: StateChange,
  { recorded, world }: { recorded: RecordedTarget; world: World },
  signal: AbortSignal,
): Promise<void> {
  try {
    await world.stage('record', () => recorded.record(change, signal));
  } catch (thrown) {
    if (!(thrown instanceof DeployError && thrown.code === 'namespace-missing')) throw thrown;
  }
}

/** A commit that was told to have failed, because a wave was not ready, is not pending again when that goes on after all. */
export async function statusIsFinal(
  { state, revision }: Pick<WaitingRun, 'state' | 'revision'>,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  // Applied to its end before: new settings, or what a killed correction of drift left, are no new beginning of it.
  if (state.applied.source?.revision === revision) return true;
  if (state.progress.waiting?.revision !== revision) return false;
  const record = await cluster.readiness.read(signal);
  return record?.revision === revision && record.readiness === 'not-ready';
}

export async function announceWaiting(
  run: Pick<WaitingRun, 'state' | 'revision'>,
  on: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const { revision } = run;
  const { statuses, target, warn } = world;
  if (statuses === null || (await statusIsFinal(run, world, signal))) return;
  const [first = 'nothing', ...more] = on;
  const text = `waiting for ${first}${more.length === 0 ? '' : ` (+${more.length} more)`}`;
  await warn(statuses.set(revision, commitStatus(target.name, 'pending', text), signal));
}
