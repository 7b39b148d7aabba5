import type { Target } from '../../config/checked/config.ts';
import type { CheckRequest } from '../ports/check-request.ts';

/** AWS Lambda's recursion guard stops a function that queues itself about sixteen times. */
export const MAX_ATTEMPTS = 12;

const EAGER_ATTEMPTS = 4;
const LONGEST_DELAY_MS = 900_000;

/** No delay at first; then the remaining time is divided among the remaining attempts. */
export function delayBefore(attempt: number, { leftMs, attemptMs }: { leftMs: number; attemptMs: number }): number {
  if (attempt <= EAGER_ATTEMPTS || attempt >= MAX_ATTEMPTS) return 0;
  const shareMs = Math.ceil(leftMs / (MAX_ATTEMPTS - attempt)) - attemptMs;
  return Math.min(Math.max(shareMs, 0), LONGEST_DELAY_MS);
}

/** A rollout of half a minute is looked at six times. */
const LOOK_PAUSES_MS: readonly number[] = [2, 3, 5, 8, 13, 30, 60, 120, 240, 480].map((seconds) => seconds * 1000);

/** How long a function waits after this many looks. The last look is at the deadline. */
export function pauseAfterLook(looks: number, leftMs: number): number {
  return Math.max(1_000, Math.min(LOOK_PAUSES_MS[looks - 1] ?? LONGEST_DELAY_MS, leftMs));
}

/** The number of the look that is due this long after a run began, if no pause was skipped. */
export function lookAfter(elapsedMs: number): number {
  let looks = 1;
  for (let leftMs = elapsedMs; ; looks += 1) {
    leftMs -= LOOK_PAUSES_MS[looks - 1] ?? LONGEST_DELAY_MS;
    if (!(leftMs >= 0)) return looks;
  }
}

export function deadlineOf({ sinceMs }: Pick<CheckRequest, 'sinceMs'>, { waitMs }: Pick<Target, 'waitMs'>): number {
  return sinceMs + waitMs;
}

export function isLastAttempt({ attempt }: Pick<CheckRequest, 'attempt'>): boolean {
  return attempt >= MAX_ATTEMPTS;
}
