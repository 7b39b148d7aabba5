import type { Problem } from '../../error/deploy-error.ts';
import { failureClassOf } from '../../error/deploy-error.ts';
import type { Applied, Attempt } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';

const FIRST_PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 24 * 3_600_000;

/** What a refused or half-done run leaves behind, so that sweeps come back to it ever more seldom. Deliveries always try. */
export function nextAttempt(
  { attempt: last }: Applied,
  {
    revision,
    settings,
    errors,
    nowMs,
  }: { revision: Revision; settings: string; errors: readonly Problem[]; nowMs: number },
): Attempt | null {
  const classes = errors.map(({ code }) => failureClassOf(code));
  if (classes.length === 0 || classes.includes('external') || classes.includes('internal')) return null;
  const isRepeat = last?.revision === revision && last.settings === settings;
  const tries = isRepeat ? last.tries + 1 : 1;
  return {
    revision,
    settings,
    class: classes.includes('manifest') ? 'manifest' : 'guard',
    tries,
    nextTryMs: nowMs + pauseMs(tries),
  };
}

/** Of a run that waits: what it waits for calls it; sweeps come by in case the call was lost. */
export function waitingAttempt(
  { attempt: last }: Applied,
  { revision, settings, nowMs }: { revision: Revision; settings: string; nowMs: number },
): Attempt {
  const isRepeat = last?.revision === revision && last.settings === settings;
  const tries = isRepeat ? last.tries + 1 : 1;
  return { revision, settings, class: 'guard', tries, nextTryMs: nowMs + pauseMs(tries) };
}

function pauseMs(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
}

/** Does a sweep leave this tip alone for now? */
export function isPaused({ attempt }: Applied, at: { revision: Revision; settings: string; nowMs: number }): boolean {
  return (
    attempt !== null &&
    attempt.revision === at.revision &&
    attempt.settings === at.settings &&
    at.nowMs < attempt.nextTryMs
  );
}
