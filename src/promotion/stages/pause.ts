/**
 * The sweep of functions looks at every step every ten minutes. Whatever happens later than its next look is left to that, so
 * that no message is hidden for longer and what is queued behind it is late by no more.
 */
const SOON_MS = 12 * 60_000;
/** A stage that is deployed again and again starts its soak as often. SQS gives a message up after a hundred attempts. */
const MOST_TRIES = 20;

/**
 * How long the message that requested a look waits in the queue for the time at which the step may move; null: it does not, and
 * an event or the sweep requests the next look. `tries`: how often it was received.
 */
export function pauseUntil(
  untilMs: number | null,
  { nowMs, tries }: { readonly nowMs: number; readonly tries: number },
): number | null {
  if (untilMs === null || tries >= MOST_TRIES) return null;
  const leftMs = Math.max(0, untilMs - nowMs);
  return leftMs <= SOON_MS ? leftMs : null;
}
