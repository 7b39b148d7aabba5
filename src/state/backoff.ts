import type { Problem } from '../error/deploy-error.ts';
import { failureClassOf } from '../error/deploy-error.ts';
import type { Revision } from '../snapshot/source.ts';
import type { Backoff, LastOutcome } from './target-state.ts';

/** The commit and the settings hash that a run tried to apply. */
interface Attempt {
  readonly revision: Revision;
  readonly settings: string;
  readonly nowMs: number;
}

const FIRST_PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 24 * 3_600_000;

/** The back-off after a refused or partial run: sweeps retry it less and less often. Deliveries always retry. */
export function backoffAfter(
  { backoff: last }: Pick<LastOutcome, 'backoff'>,
  { errors, ...tried }: Attempt & { readonly errors: readonly Problem[] },
): Backoff | null {
  const classes = errors.map(({ code }) => failureClassOf(code));
  if (classes.length === 0 || classes.includes('external') || classes.includes('internal')) return null;
  return nextBackoff(last, tried, classes.includes('manifest') ? 'manifest' : 'guard');
}

/** What a failed attempt records of the commit that it tried to apply. */
export function failedOutcome(
  last: Pick<LastOutcome, 'backoff'>,
  attempt: Attempt & { readonly errors: readonly Problem[] },
): Pick<LastOutcome, 'attempted' | 'errors' | 'backoff'> {
  const codes = attempt.errors.map(({ code }) => code);
  return {
    attempted: attempt.revision,
    errors: [...new Set(codes)].toSorted(),
    backoff: backoffAfter(last, attempt),
  };
}

/** The back-off of a waiting run. What it waits for wakes it; sweeps retry in case that request was lost. */
export function backoffWhileWaiting({ backoff: last }: Pick<LastOutcome, 'backoff'>, tried: Attempt): Backoff {
  return nextBackoff(last, tried, 'guard');
}

/** Does a sweep skip this tip for now? */
export function isBackingOff({ backoff }: Pick<LastOutcome, 'backoff'>, tip: Attempt): boolean {
  if (!isSame(backoff, tip)) return false;
  const leftMs = backoff.nextTryMs - tip.nowMs;
  // No pause is longer: a clock that has been set back since would stop the retries for as long.
  return leftMs > 0 && leftMs <= LONGEST_PAUSE_MS;
}

function nextBackoff(
  last: Backoff | null,
  { revision, settings, nowMs }: Attempt,
  failureClass: Backoff['class'],
): Backoff {
  const tries = isSame(last, { revision, settings }) ? last.tries + 1 : 1;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return { revision, settings, class: failureClass, tries, nextTryMs: nowMs + pauseMs };
}

function isSame(backoff: Backoff | null, { revision, settings }: Omit<Attempt, 'nowMs'>): backoff is Backoff {
  return backoff !== null && backoff.revision === revision && backoff.settings === settings;
}
