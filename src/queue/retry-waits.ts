import type { Queue } from '../deploy/ports/queue.ts';
import type { Recall } from './inbox.ts';

/**
 * The groups that are handled or wait for a retry. A new delivery does not wait for it: in a FIFO group its request is
 * queued behind the one that waits, so that wait is cut short. The attempt before it does not count: otherwise a burst of
 * deliveries would use up the attempts of the oldest request.
 */
export interface RetryWaits {
  /** The messages of the group were received. */
  start(group: string): void;
  /** The messages are about to be given back. `overtaken`: a delivery arrived meanwhile, so they must be recalled instead. */
  begin(group: string, receipts: readonly string[]): 'paused' | 'overtaken';
  recall(receipts: readonly string[]): Promise<void>;
  end(group: string): void;
  /** Makes waiting messages visible at once; for a group that is running, its next pause is 0. */
  cutShort(groups: readonly string[]): void;
}

type State =
  | { readonly kind: 'running'; readonly hasNewer: boolean }
  | { readonly kind: 'waiting'; readonly receipts: readonly string[] };

export function retryWaits(queue: Recall): RetryWaits {
  const states = new Map<string, State>();
  return {
    start: (group) => void states.set(group, { kind: 'running', hasNewer: false }),
    begin(group, receipts) {
      const state = states.get(group);
      if (state?.kind === 'running' && state.hasNewer) return 'overtaken';
      states.set(group, { kind: 'waiting', receipts });
      return 'paused';
    },
    recall: (receipts) => queue.recall(receipts),
    end: (group) => void states.delete(group),
    cutShort(groups) {
      for (const group of groups) {
        const state = states.get(group);
        if (state?.kind === 'running') states.set(group, { kind: 'running', hasNewer: true });
        if (state?.kind !== 'waiting') continue;
        states.delete(group);
        // If this fails, the messages are visible after their pause.
        void queue.recall(state.receipts).catch(() => undefined);
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
