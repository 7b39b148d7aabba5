import type { WaitingRun } from '../../state/waiting.ts';
import type { World } from '../ports/world.ts';

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
