import type { WaitingRun } from '../../state/waiting.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { World } from '../ports/world.ts';

/** A commit that was reported as failed, because a wave was not ready, does not become pending when the run resumes later. */
export async function statusIsFinal(
  { state, revision }: Pick<WaitingRun, 'state' | 'revision'>,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  // Applied completely before. New settings, or a drift correction that was killed, do not report it again.
  if (state.applied.source?.revision === revision) return true;
  if (state.progress.waiting?.revision !== revision) return false;
  return isReportedNotReady(revision, { cluster }, signal);
}

export async function isReportedNotReady(
  revision: Revision,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  const record = await cluster.readiness.read(signal);
  return record?.revision === revision && record.readiness === 'not-ready';
}
