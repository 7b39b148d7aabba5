/**
 * What is left of these pauses for a delivery that came at this time. Counted from there, several deliveries of commits
 * that a force-push took away are waited for once, and not one after the other.
 */
export function lagPauses(at: string, nowMs: number): readonly number[] {
  const goneMs = nowMs - Date.parse(at);
  return LAG_MS.map((pauseMs, index) => {
    const endMs = LAG_MS.slice(0, index + 1).reduce((sum, each) => sum + each, 0);
    return Math.min(pauseMs, endMs - goneMs);
  }).filter((pauseMs) => pauseMs > 0);
}

/** A Git host's own copies lag behind its webhooks: how long to wait, in turn, for a tip that a delivery has announced. */
export const LAG_MS: readonly number[] = [1000, 2000, 4000];
