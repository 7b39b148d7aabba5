import { revisionOf } from '../../state/history.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { WaitingRun } from '../../state/waiting.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { World } from '../ports/world.ts';

/** A commit that has its outcome does not become pending again: when its run resumes, or after a rollback. */
export async function statusIsFinal(
  { state, revision }: Pick<WaitingRun, 'state' | 'revision'>,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  // Applied completely before. New settings, or a drift correction that was killed, do not report it again.
  if (state.applied.source?.revision === revision || hasEnded(state, revision)) return true;
  if (state.progress.waiting?.revision !== revision) return false;
  return isReportedNotReady(revision, { cluster }, signal);
}

function hasEnded({ history, outcome }: TargetState, revision: Revision): boolean {
  return outcome.retry?.revision !== revision && history.some((text) => revisionOf(text) === revision);
}

export async function isReportedNotReady(
  revision: Revision,
  { cluster }: Pick<World, 'cluster'>,
  signal: AbortSignal,
): Promise<boolean> {
  const record = await cluster.readiness.read(signal);
  return record?.revision === revision && record.readiness === 'not-ready';
}
