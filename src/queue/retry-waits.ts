import type { Queue } from '../deploy/ports/queue.ts';
import type { Visibility } from './inbox.ts';

/**
 * Which groups of a queue are worked on or wait for their next try. A delivery always tries at once, but in a FIFO group
 * its request is queued behind the one that waits.
 */
export interface RetryWaits {
  /** The messages of the group were handed out. */
  start(group: string): void;
  /** They are about to be given back. Resolves the pause: none when a delivery came meanwhile. */
  begin(group: string, receipts: readonly string[], pauseSeconds: number): number;
  end(group: string): void;
  /** Makes visible at once what waits, and what is about to. */
  cutShort(groups: readonly string[]): void;
}

type State =
  | { readonly kind: 'running'; readonly hasNewer: boolean }
  | { readonly kind: 'waiting'; readonly receipts: readonly string[] };

export function retryWaits(queue: Visibility): RetryWaits {
  const states = new Map<string, State>();
  return {
    start: (group) => void states.set(group, { kind: 'running', hasNewer: false }),
    begin(group, receipts, pauseSeconds) {
      const state = states.get(group);
      if (state?.kind === 'running' && state.hasNewer) return 0;
      states.set(group, { kind: 'waiting', receipts });
      return pauseSeconds;
    },
    end: (group) => void states.delete(group),
    cutShort(groups) {
      for (const group of groups) {
        const state = states.get(group);
        if (state?.kind === 'running') states.set(group, { kind: 'running', hasNewer: true });
        if (state?.kind !== 'waiting') continue;
        states.delete(group);
        // When this fails, the messages are visible already or will be after their pause.
        void queue.hide(state.receipts, 0, AbortSignal.timeout(10_000)).catch(() => undefined);
      }
    },
  };
}

/** Sends requests that do not wait behind a retry. */
export function cuttingWaitsShort(queue: Queue, waits: RetryWaits): Queue {
  return {
    async send(requests, signal) {
      await queue.send(requests, signal);
      waits.cutShort(requests.map(({ target }) => target));
    },
  };
}
