import type { WriteGroup } from './write-group.ts';

/** The branches that the sweep has to poll now. `lastMs`: when each was last polled; it is updated here. */
export function duePolls(
  groups: readonly WriteGroup[],
  { nowMs, lastMs }: { readonly nowMs: number; readonly lastMs: Map<string, number> },
): readonly WriteGroup[] {
  return groups.filter(({ name, intervalMs }) => {
    const sinceMs = nowMs - (lastMs.get(name) ?? -Infinity);
    // Negative: the clock was set back since.
    const isDue = intervalMs > 0 && (sinceMs >= intervalMs || sinceMs < 0);
    if (isDue) lastMs.set(name, nowMs);
    return isDue;
  });
}
