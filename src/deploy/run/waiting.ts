import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import { waitingAttempt } from './attempt.ts';
import type { World } from '../ports/world.ts';

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
export const NAMED = 10;

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
