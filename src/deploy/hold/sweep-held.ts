import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import { isBackingOff } from '../../state/backoff.ts';
import { isWaitingFor } from '../../state/waiting.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { RunPorts } from '../ports/runtime.ts';
import { isAtTip } from '../prepare/at-tip.ts';
import { isLeftByHold, isLeftPending } from '../../state/current.ts';

interface Held {
  readonly target: Target;
  readonly state: TargetState;
  /** Null: where it is. */
  readonly at: Revision | null;
  /** Why the tip waits. */
  readonly reason: string;
  readonly tip: Revision;
  readonly nowMs: number;
}

/** Does a target need a run whose tip waits: to get to the commit that is kept, or to mark a new tip as pending? */
export async function needsHeldRun(
  { target, state, at, reason, tip, nowMs }: Held,
  ports: Pick<RunPorts, 'git' | 'tools'>,
  signal: AbortSignal,
): Promise<boolean> {
  const settings = settingsHash(target);
  const isIncomplete = at !== null && !(await isAtTip({ target, state, tip: at }, ports, signal));
  if (isIncomplete && !isBackingOff(state.outcome, { revision: at, settings, nowMs })) return true;
  // A commit that waits for the next step of its run is not replaced by one that waits for the end of the hold.
  if (isIncomplete && state.progress.waiting?.revision === at) return false;
  if (isWaitingFor({ state, revision: tip }, [reason])) return false;
  return (
    isLeftByHold(state, tip) || isLeftPending(state, tip) || !(await isAtTip({ target, state, tip }, ports, signal))
  );
}
