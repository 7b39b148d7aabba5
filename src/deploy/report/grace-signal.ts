/** Less than a function keeps back of its time, and than `serve` has from SIGTERM to its end. */
const LAST_WORDS_MS = 5_000;

/**
 * For what a run says when its work is done: it is interrupted a little later than the work, because a commit that was
 * called pending must not be left so, and nobody comes back to a request that is done.
 */
export function graceSignal(work: AbortSignal): AbortSignal {
  const end = new AbortController();
  const follow = () =>
    AbortSignal.timeout(LAST_WORDS_MS).addEventListener('abort', () => end.abort(work.reason), { once: true });
  if (work.aborted) follow();
  else work.addEventListener('abort', follow, { once: true });
  return end.signal;
}
