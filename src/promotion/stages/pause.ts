/**
 * The sweep of the functions sends a message for every step every ten minutes. A time after the next one is left to it, so that no
 * message is hidden for longer, and what is queued behind it is late by no more than that.
 */
const SOON_MS = 12 * 60_000;
/** A stage that is deployed again and again starts its soak as often. SQS gives a message up after a hundred attempts. */
const MOST_TRIES = 20;

/**
 * How long a message about a step is hidden until the step may move; null: it is removed, and an event or the sweep sends another
 * one. `tries`: how often it was received.
 */
export function pauseUntil(
  untilMs: number | null,
  { nowMs, tries }: { readonly nowMs: number; readonly tries: number },
): number | null {
  if (untilMs === null || tries >= MOST_TRIES) return null;
  const leftMs = Math.max(0, untilMs - nowMs);
  return leftMs <= SOON_MS ? leftMs : null;
}
