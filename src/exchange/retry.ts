import type { IncomingHttpHeaders } from 'node:http';

/** How one attempt ended. */
export type AttemptOutcome<T> =
  { readonly kind: 'answered'; readonly answer: T } | { readonly kind: 'failed'; readonly cause: unknown };

/** `afterMs`: the pause that the server requests. */
export type RetryVerdict = 'final' | 'again' | { readonly afterMs: number };

export interface RetryPolicy<T> {
  /** One pause before each retry, so their number limits the attempts. */
  readonly pausesMs: readonly number[];
  /** An outcome that requests a longer pause is final. */
  readonly longestPauseMs?: number;
  readonly verdictOn: (outcome: AttemptOutcome<T>) => RetryVerdict;
}

export interface Pacing {
  /** Waits; rejects when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** For policies whose pauses are all zero. */
export const atOnce: Pacing['wait'] = () => Promise.resolve();

/**
 * Retries until an outcome is final, then returns its answer or throws its cause. Once the signal has aborted, every
 * failure is final.
 */
export async function retry<T>(
  attempt: (attempts: number) => Promise<T>,
  policy: RetryPolicy<T>,
  { wait, signal }: Pacing,
): Promise<T> {
  for (let attempts = 0; ; attempts += 1) {
    const outcome = await outcomeOf(() => attempt(attempts));
    const isInterrupted = outcome.kind === 'failed' && signal.aborted;
    const pauseMs = isInterrupted ? null : pauseAfter(outcome, attempts, policy);
    if (pauseMs !== null) await wait(pauseMs, signal);
    else if (outcome.kind === 'answered') return outcome.answer;
    else throw outcome.cause;
  }
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<AttemptOutcome<T>> {
  try {
    return { kind: 'answered', answer: await work() };
  } catch (cause) {
    return { kind: 'failed', cause };
  }
}

/** The pause before the next attempt, or null if this outcome is final. `attempts`: the number of earlier attempts. */
export function pauseAfter<T>(
  outcome: AttemptOutcome<T>,
  attempts: number,
  { pausesMs, longestPauseMs = Infinity, verdictOn }: RetryPolicy<T>,
): number | null {
  const pauseMs = pausesMs[attempts];
  if (pauseMs === undefined) return null;
  const verdict = verdictOn(outcome);
  if (verdict === 'final') return null;
  if (verdict === 'again') return pauseMs;
  return verdict.afterMs > longestPauseMs ? null : verdict.afterMs;
}

/** `Retry-After` in milliseconds, given in seconds or as a date by the server's clock (RFC 9110, section 10.2.3). */
export function retryAfterMs(headers: Pick<IncomingHttpHeaders, 'date' | 'retry-after'>): number | null {
  const written = headers['retry-after'] ?? '';
  if (/^\d+$/.test(written)) return Number(written) * 1000;
  const ms = Date.parse(written) - Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? null : Math.max(ms, 0);
}
