/**
 * Returns the remaining pauses for a delivery that arrived at `at`. Pauses are measured from arrival, so if a force-push
 * removed the commits of several queued deliveries, their pauses overlap instead of adding up.
 */
export function lagPauses(at: string, nowMs: number): readonly number[] {
  const elapsedMs = nowMs - Date.parse(at);
  return LAG_MS.map((pauseMs, index) => {
    const endMs = LAG_MS.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
    return Math.min(pauseMs, endMs - elapsedMs);
  }).filter((pauseMs) => pauseMs > 0);
}

/**
 * Pauses between attempts to read a tip that a delivery announced. A Git host's replicas can lag behind its webhooks.
 */
export const LAG_MS: readonly number[] = [1000, 2000, 4000];
