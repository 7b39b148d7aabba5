import { LOOK_AGAIN_MS, mayBegin } from './slots.ts';
import type { Slots } from './slots.ts';

interface Candidate {
  readonly group: string;
  readonly servers: readonly string[];
}

/** Which pushed messages may be handled now: one of each group, and as many as slots allow. The others wait. */
export interface Turns {
  /** Resolves when it may begin, to what ends it; null when the signal was aborted before. */
  take(candidate: Candidate, signal: AbortSignal): Promise<(() => void) | null>;
}

export function openTurns(slots: Slots, wait: (ms: number, signal: AbortSignal) => Promise<void>): Turns {
  const running = new Map<string, readonly string[]>();
  return {
    async take({ group, servers }, signal) {
      while (!signal.aborted) {
        if (!running.has(group) && mayBegin(servers, [...running.values()], slots)) {
          running.set(group, servers);
          return () => void running.delete(group);
        }
        await wait(LOOK_AGAIN_MS, signal).catch(() => undefined);
      }
      return null;
    },
  };
}
