import { DeployError } from '../../error/deploy-error.ts';
import type { Hold } from '../../state/hold.ts';
import { NOTHING_RECORDED } from '../../state/target-state.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { StateStore } from './state-store.ts';

/** A run that works writes its state a few times, and each of these may come between. */
const TRIES = 10;

/**
 * Sets or ends the hold, also while a run holds the lease: a person who stops a target does not wait for its run. `decide` returns
 * the hold that the target gets in the state that was read; what it throws leaves the state unchanged.
 */
export async function changeHold(
  store: StateStore,
  decide: (state: TargetState) => Hold | null | Promise<Hold | null>,
  signal: AbortSignal,
): Promise<TargetState> {
  for (let tries = 1; ; tries += 1) {
    const parent = await store.readParent(signal);
    const state = parent?.state ?? NOTHING_RECORDED;
    const hold = await decide(state);
    if (hold === state.hold) return state;
    try {
      await store.writeHold(parent, hold, signal);
      return { ...state, hold };
    } catch (thrown) {
      if (!(thrown instanceof DeployError && thrown.code === 'lease-lost') || tries === TRIES) throw thrown;
    }
  }
}
