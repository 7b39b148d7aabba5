import type { Queue } from '../deploy/ports/world.ts';
import type { Visibility } from './inbox.ts';

/** Which messages of a queue wait for their next try, by group. */
export interface RetryPauses {
  begin(group: string, receipts: readonly string[]): void;
  /** Forgets a group: its messages were handed out again. */
  forget(group: string): void;
  /** Makes what waits visible at once. */
  cutShort(groups: readonly string[]): void;
}

export function retryPauses(queue: Visibility): RetryPauses {
  const waiting = new Map<string, readonly string[]>();
  return {
    begin: (group, receipts) => void waiting.set(group, receipts),
    forget: (group) => void waiting.delete(group),
    cutShort(groups) {
      for (const group of groups) {
        const receipts = waiting.get(group) ?? [];
        waiting.delete(group);
        // When this fails, the messages are visible already or will be after their pause.
        void queue.hide(receipts, 0, AbortSignal.timeout(10_000)).catch(() => undefined);
      }
    },
  };
}

/** Sends requests that do not wait for a retry: in a FIFO group a newer request is queued behind the one that waits. */
export function cuttingPausesShort(queue: Queue, pauses: RetryPauses): Queue {
  return {
    async send(requests, signal) {
      await queue.send(requests, signal);
      pauses.cutShort(requests.map(({ target }) => target));
    },
  };
}
