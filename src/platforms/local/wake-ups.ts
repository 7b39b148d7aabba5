/** Wakes everything in this process that waits for a message. */
export interface WakeUps {
  wake(): void;
  /** Resolves when woken, after so long, or when the signal is aborted. */
  next(ms: number, signal: AbortSignal): Promise<void>;
}

export function wakeUps(): WakeUps {
  const waiting = new Set<() => void>();
  return {
    wake() {
      // Not at once: the sender goes first, so that a webhook is answered before its run begins.
      for (const resolve of waiting) setImmediate(resolve);
    },
    async next(ms, signal) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => resolve();
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      waiting.add(wake);
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      waiting.delete(wake);
    },
  };
}
