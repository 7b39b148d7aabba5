import type { StartedRun } from '../prepare/started-run.ts';
import { isReportedNotReady, statusIsFinal } from './waiting.ts';
import type { World } from '../ports/world.ts';

/** Commits that runs left pending, and that this commit replaces, would stay pending. */
export async function reportSuperseded(
  { state, source, request, isHeld }: Pick<StartedRun, 'state' | 'source' | 'request' | 'isHeld'>,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  // The commit of a hold replaces none: what waits for its end is deployed then.
  if (isHeld) return;
  const { pendingOn } = state.outcome;
  const { waiting } = state.progress;
  const left = new Set([...(pendingOn === null ? [] : [pendingOn]), ...(request.leftPending ?? [])]);
  for (const revision of left) {
    if (revision === state.applied.source?.revision || revision === source.revision) continue;
    const isApplied = waiting?.revision === revision && waiting.isApplied;
    // A commit that was reported as not ready stays so: a later commit does not change that.
    if (isApplied && (await isReportedNotReady(revision, world, signal))) continue;
    await world.report({ kind: 'superseded', revision, by: source.revision, isApplied }, signal);
  }
}

export async function reportWaiting(
  run: Pick<StartedRun, 'state' | 'revision' | 'isHeld'>,
  waitingFor: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<void> {
  if (run.isHeld || (await statusIsFinal(run, world, signal))) return;
  await world.report({ kind: 'waiting', revision: run.revision, waitingFor }, signal);
}
