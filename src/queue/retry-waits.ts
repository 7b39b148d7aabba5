import type { Queue } from '../deploy/ports/queue.ts';
import type { Visibility } from './inbox.ts';

/**
 * The groups that are handled or wait for a retry. A new delivery does not wait for it: in a FIFO group its request is
 * queued behind the one that waits, so that wait is cut short.
 */
export interface RetryWaits {
  /** The messages of the group were received. */
  start(group: string): void;
  /** The messages are about to be given back. Returns the pause: 0 if a delivery arrived meanwhile. */
  begin(group: string, receipts: readonly string[], pauseSeconds: number): number;
  end(group: string): void;
  /** Makes waiting messages visible at once; for a group that is running, its next pause is 0. */
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
        // If this fails, the messages are visible already or will be after their pause.
        void queue.hide(state.receipts, 0, AbortSignal.timeout(10_000)).catch(() => undefined);
      }
    },
  };
}

/** A queue whose requests do not wait behind a retry. */
export function cuttingWaitsShort(queue: Queue, waits: RetryWaits): Queue {
  return {
    async send(requests, signal) {
      await queue.send(requests, signal);
      waits.cutShort(requests.map(({ target }) => target));
    },
  };
}
