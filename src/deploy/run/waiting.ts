import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { waitingAttempt } from './attempt.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { commitStatus, unchanged } from '../report/report.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

/** What a run is, as far as one that has to wait is concerned. */
export interface WaitingRun {
  readonly applied: Applied;
  readonly revision: Revision;
  readonly settings: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

export interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
}

/** What the runs of this commit before this one did, and when the first of them began. */
export function countsSoFar({ applied: { waiting }, revision, sinceMs }: Omit<WaitingRun, 'settings' | 'nowMs'>) {
  const isSame = waiting?.revision === revision;
  return isSame
    ? { created: waiting.created, updated: waiting.updated, beganMs: waiting.sinceMs }
    : { created: 0, updated: 0, beganMs: sinceMs };
}

export function namesOf(objects: readonly AwaitedObject[]): readonly string[] {
  return objects.map(({ id }) => `${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`);
}

/** More names than these tell nobody more. */
const NAMED = 10;

/** The state of a run that goes on later. */
export function waitingState(
  run: WaitingRun,
  { on, counts, isExact }: { on: readonly string[]; counts: Pick<Counts, 'created' | 'updated'>; isExact: boolean },
): Partial<Applied> {
  const { applied, revision, settings, nowMs } = run;
  const { created, updated, beganMs } = countsSoFar(run);
  return {
    attempted: revision,
    verdict: 'waiting',
    pendingOn: revision,
    waiting: {
      revision,
      sinceMs: beganMs,
      created: created + counts.created,
      updated: updated + counts.updated,
      on: on.slice(0, NAMED),
      isExact,
    },
    attempt: waitingAttempt(applied, { revision, settings, nowMs }),
  };
}

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
    if (!isKnown) await announceWaiting(run, on, world, signal);
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

/** A commit that was told to have failed, because a wave was not ready, is not pending again when that goes on after all. */
export async function statusIsFinal(
  { applied: { source, waiting }, revision }: Pick<WaitingRun, 'applied' | 'revision'>,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  // Applied to its end before: new settings, or what a killed correction of drift left, are no new beginning of it.
  if (source?.revision === revision) return true;
  if (waiting?.revision !== revision) return false;
  const record = await cluster.readiness.read(signal);
  return record?.revision === revision && record.readiness === 'not-ready';
}

export async function announceWaiting(
  run: Pick<WaitingRun, 'applied' | 'revision'>,
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
