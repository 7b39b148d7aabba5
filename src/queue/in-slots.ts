import { LOOK_AGAIN_MS, mayBegin } from './slots.ts';
import type { Slots } from './slots.ts';

export interface Scheduling<T> {
  readonly slots: Slots;
  readonly serversOf: (item: T) => readonly string[];
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Works on all items as slots allow, in their order where they allow it. Rejects after all work has ended, if any failed. */
export async function inSlots<T>(
  items: readonly T[],
  { slots, serversOf, wait }: Scheduling<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = new Map(items.map((item) => [item, serversOf(item)]));
  const running = new Map<Promise<void>, readonly string[]>();
  const failures: unknown[] = [];
  while (waiting.size + running.size > 0) {
    for (const [item, servers] of waiting) {
      if (running.size > 0 && !mayBegin(servers, [...running.values()], slots)) continue;
      waiting.delete(item);
      const done = work(item)
        .catch((thrown: unknown) => void failures.push(thrown))
        .finally(() => running.delete(done));
      running.set(done, servers);
    }
    const looking = new AbortController();
    const again = waiting.size === 0 ? [] : [wait(LOOK_AGAIN_MS, looking.signal).catch(() => undefined)];
    await Promise.race([...running.keys(), ...again]);
    looking.abort();
  }
  if (failures.length > 0) throw failures[0];
}
