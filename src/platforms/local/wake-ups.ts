/** Wakes receivers in this process that wait for a message of a queue. */
export interface WakeUps {
  wake(queue: string): void;
  /** Resolves when the queue is woken, after `ms`, or when the signal is aborted. */
  next(queue: string, ms: number, signal: AbortSignal): Promise<void>;
}

export function wakeUps(): WakeUps {
  const waiting = new Map<() => void, string>();
  return {
    wake(queue) {
      for (const [resolve, waitsFor] of waiting) {
        // Deferred, so that a webhook responds before its run begins.
        if (waitsFor === queue) setImmediate(resolve);
      }
    },
    async next(queue, ms, signal) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => resolve();
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      waiting.set(wake, queue);
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      waiting.delete(wake);
    },
  };
}
