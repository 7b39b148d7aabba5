const INTERVAL_MS = 10_000;

/** A branch that has to be polled soon, and how long the poll waits for more. */
export interface Poll {
  /** The branch that the image is written to: `write/fleet/main`. */
  readonly group: string;
  readonly debounceMs: number;
}

/**
 * Queues at most one poll of a group every ten seconds, and loses none: while one is waiting to be due, it will see what is
 * announced now, and after that, the next one is due ten seconds later.
 */
export function throttled(
  send: (polls: readonly { readonly group: string; readonly afterMs: number }[], signal: AbortSignal) => Promise<void>,
  nowMs: () => number,
): (polls: readonly Poll[], signal: AbortSignal) => Promise<void> {
  const dueMs = new Map<string, number>();
  return async (polls, signal) => {
    const now = nowMs();
    const due = polls.flatMap(({ group, debounceMs }) => {
      const known = dueMs.get(group) ?? -Infinity;
      // Further ahead than any poll is due: the clock was set back since.
      const last = known > now + debounceMs + INTERVAL_MS ? -Infinity : known;
      return last > now ? [] : [{ group, afterMs: Math.max(debounceMs, last + INTERVAL_MS - now) }];
    });
    if (due.length === 0) return;
    await send(due, signal);
    for (const { group, afterMs } of due) dueMs.set(group, now + afterMs);
  };
}
