import { activeHold, commitToKeep } from '../../state/current.ts';
import type { Hold } from '../../state/hold.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Cluster, CommentCommand } from '../ports/cluster.ts';
import type { Reporter } from '../ports/run-event.ts';

/** A new reason or end of a hold changes nothing about its commit. */
export function keptNow(state: TargetState, nowMs: number): Pick<Hold, 'at' | 'from'> {
  return activeHold(state, nowMs) ?? { at: commitToKeep(state), from: null };
}

/** What a change of a hold needs. */
export interface HoldPorts extends Pick<Reporter, 'report'> {
  readonly cluster: Pick<Cluster, 'changeHold'>;
  /** That is carried out. Absent: it was not a comment. */
  readonly command?: CommentCommand | undefined;
}

/**
 * Sets the hold that `decide` returns for the state as it is then, and reports it, unless it is the one that the state has, or
 * its command was carried out before.
 * The next run brings the target to its commit; the sweep queues one if this process dies before it does.
 */
export async function setHold(
  decide: (state: TargetState) => Hold | null | Promise<Hold | null>,
  { cluster, report, command }: HoldPorts,
  signal: AbortSignal,
): Promise<{ readonly hold: Hold | null; readonly isNew: boolean }> {
  let before: Hold | null | undefined;
  const { hold } = await cluster.changeHold(
    (state) => {
      before = state.hold;
      return decide(state);
    },
    signal,
    command,
  );
  const isNew = before !== undefined && hold !== before;
  if (hold !== null && isNew) await report({ kind: 'held', hold }, signal);
  return { hold, isNew };
}

/**
 * Ends the hold, even one that another person set, and reports that. Returns what ended; null: the target was not held, or the
 * command was carried out before. `left`: the hold that it has now.
 */
export async function endHold(
  by: string,
  { cluster, report, command }: HoldPorts,
  signal: AbortSignal,
): Promise<{ readonly ended: Hold | null; readonly left: Hold | null }> {
  let ended: Hold | null = null;
  const { hold: left } = await cluster.changeHold(
    ({ hold }) => {
      ended = hold;
      return null;
    },
    signal,
    command,
  );
  if (ended !== null) await report({ kind: 'hold-ended', hold: ended, by }, signal);
  return { ended, left };
}
