import { activeHold, commitToKeep } from '../../state/current.ts';
import type { Hold } from '../../state/hold.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Reporter } from '../ports/run-event.ts';

/** A new reason or end of a hold changes nothing about its commit. */
export function keptNow(state: TargetState, nowMs: number): Pick<Hold, 'at' | 'from'> {
  return activeHold(state, nowMs) ?? { at: commitToKeep(state), from: null };
}

/** What a change of a hold needs. */
export interface HoldPorts extends Pick<Reporter, 'report'> {
  readonly cluster: Pick<Cluster, 'changeHold'>;
}

/**
 * Sets the hold that `decide` returns for the state as it is then, and reports it, unless it is the one that the state has.
 * The next run brings the target to its commit; the sweep queues one if this process dies before it does.
 */
export async function setHold(
  decide: (state: TargetState) => Hold | null | Promise<Hold | null>,
  { cluster, report }: HoldPorts,
  signal: AbortSignal,
): Promise<{ readonly hold: Hold | null; readonly isNew: boolean }> {
  let before: Hold | null = null;
  const { hold } = await cluster.changeHold((state) => {
    before = state.hold;
    return decide(state);
  }, signal);
  const isNew = hold !== before;
  if (hold !== null && isNew) await report({ kind: 'held', hold }, signal);
  return { hold, isNew };
}

/** Ends the hold, also one that another person set, and reports that. Returns what ended; null: the target was not held. */
export async function endHold(by: string, { cluster, report }: HoldPorts, signal: AbortSignal): Promise<Hold | null> {
  const ended: Hold[] = [];
  await cluster.changeHold(({ hold }) => {
    ended.splice(0, 1, ...(hold === null ? [] : [hold]));
    return null;
  }, signal);
  const [hold] = ended;
  if (hold === undefined) return null;
  await report({ kind: 'hold-ended', hold, by }, signal);
  return hold;
}
