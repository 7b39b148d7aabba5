import type { Stage, Timing } from '../ports/run-event.ts';

/** Times a run, as a whole and by stage. */
export interface Stopwatch {
  /** Adds one piece of work to a stage, even if it fails. */
  time<T>(stage: Stage, work: () => T | Promise<T>, onEnd: (durationMs: number) => void): Promise<T>;
  timing(): Timing;
}

export function stopwatch(nowMs: () => number): Stopwatch {
  const startedMs = nowMs();
  const stagesMs: Partial<Record<Stage, number>> = {};
  return {
    async time(stage, work, onEnd) {
      const beganMs = nowMs();
      try {
        return await work();
      } finally {
        const durationMs = nowMs() - beganMs;
        stagesMs[stage] = (stagesMs[stage] ?? 0) + durationMs;
        onEnd(durationMs);
      }
    },
    timing: () => ({ durationMs: nowMs() - startedMs, stagesMs: { ...stagesMs } }),
  };
}
