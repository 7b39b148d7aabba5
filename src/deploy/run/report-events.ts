import type { StartedRun } from '../prepare/started-run.ts';
import { isReportedNotReady, statusIsFinal } from './waiting.ts';
import type { World } from '../ports/world.ts';

/** A commit whose run began and never ended, because this commit replaced it, would stay pending. */
export async function reportSuperseded(
  { state, source }: Pick<StartedRun, 'state' | 'source'>,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const { pendingOn } = state.outcome;
  if (pendingOn === null || pendingOn === state.applied.source?.revision || pendingOn === source.revision) return;
  const { waiting } = state.progress;
  const isApplied = waiting?.revision === pendingOn && waiting.isApplied;
  // A commit that was reported as not ready stays so: a later commit does not change that.
  if (isApplied && (await isReportedNotReady(pendingOn, world, signal))) return;
  await world.report({ kind: 'superseded', revision: pendingOn, by: source.revision, isApplied }, signal);
}

export async function reportWaiting(
  run: Pick<StartedRun, 'state' | 'revision'>,
  waitingFor: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<void> {
  if (await statusIsFinal(run, world, signal)) return;
  await world.report({ kind: 'waiting', revision: run.revision, waitingFor }, signal);
}
