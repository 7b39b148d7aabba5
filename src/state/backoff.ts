import type { Problem } from '../error/deploy-error.ts';
import { failureClassOf } from '../error/deploy-error.ts';
import type { Revision } from '../snapshot/source.ts';
import type { Backoff, LastOutcome } from './target-state.ts';

/** The commit, and the hash of the settings, that a run tried to apply. */
interface Tried {
  readonly revision: Revision;
  readonly settings: string;
  readonly nowMs: number;
}

const FIRST_PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 24 * 3_600_000;

/** What a refused or half-done run leaves behind, so that sweeps retry it less and less often. Deliveries always try. */
export function backoffAfter(
  { backoff: last }: Pick<LastOutcome, 'backoff'>,
  { errors, ...tried }: Tried & { readonly errors: readonly Problem[] },
): Backoff | null {
  const classes = errors.map(({ code }) => failureClassOf(code));
  if (classes.length === 0 || classes.includes('world') || classes.includes('ours')) return null;
  return nextBackoff(last, tried, classes.includes('manifest') ? 'manifest' : 'guard');
}

/** Of a run that waits: what it waits for wakes it; sweeps look in case that request was lost. */
export function backoffWhileWaiting({ backoff: last }: Pick<LastOutcome, 'backoff'>, tried: Tried): Backoff {
  return nextBackoff(last, tried, 'guard');
}

/** Does a sweep leave this tip alone for now? */
export function isBackingOff({ backoff }: Pick<LastOutcome, 'backoff'>, tip: Tried): boolean {
  return isSame(backoff, tip) && tip.nowMs < backoff.nextTryMs;
}

function nextBackoff(
  last: Backoff | null,
  { revision, settings, nowMs }: Tried,
  failureClass: Backoff['class'],
): Backoff {
  const tries = isSame(last, { revision, settings }) ? last.tries + 1 : 1;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return { revision, settings, class: failureClass, tries, nextTryMs: nowMs + pauseMs };
}

function isSame(backoff: Backoff | null, { revision, settings }: Omit<Tried, 'nowMs'>): backoff is Backoff {
  return backoff !== null && backoff.revision === revision && backoff.settings === settings;
}
