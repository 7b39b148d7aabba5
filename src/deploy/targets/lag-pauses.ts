/**
 * What is left of the pauses for a delivery that arrived at `at`. Counted from that time, several deliveries of commits that
 * a forced push removed wait together instead of one after the other.
 */
export function lagPauses(at: string, nowMs: number): readonly number[] {
  const elapsedMs = nowMs - Date.parse(at);
  return LAG_MS.map((pauseMs, index) => {
    const endMs = LAG_MS.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
    return Math.min(pauseMs, endMs - elapsedMs);
  }).filter((pauseMs) => pauseMs > 0);
}

/** A Git host's replicas lag behind its webhooks: the pauses between reads of a tip that a delivery announced. */
export const LAG_MS: readonly number[] = [1000, 2000, 4000];
