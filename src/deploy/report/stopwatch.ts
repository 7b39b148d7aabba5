import type { Stage, Timing } from '../ports/run-event.ts';

/** How long a run takes, as a whole and by stage. */
export interface Stopwatch {
  /** Times one piece of work as part of a stage, also when it fails. */
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
