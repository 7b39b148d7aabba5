/** Less than the time that a function reserves, and less than `serve` has between SIGTERM and its exit. */
const REPORT_GRACE_MS = 5_000;

/**
 * For the reports of a run: aborted a little later than the work, because a commit must not stay pending, and a request
 * that is done does not run again.
 */
export function graceSignal(work: AbortSignal): AbortSignal {
  const end = new AbortController();
  const follow = () =>
    AbortSignal.timeout(REPORT_GRACE_MS).addEventListener('abort', () => end.abort(work.reason), { once: true });
  if (work.aborted) follow();
  else work.addEventListener('abort', follow, { once: true });
  return end.signal;
}
