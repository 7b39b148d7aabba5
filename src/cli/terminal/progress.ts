import type { Log } from '../../deploy/ports/log.ts';

const INTERVAL_MS = 2000;

/** Logs progress every two seconds at most, and nothing for work that is faster. */
export function progressLog(
  log: Log,
  nowMs: () => number,
): (at: { readonly done: number; readonly total: number }) => void {
  let loggedAtMs = nowMs();
  return ({ done, total }) => {
    if (nowMs() - loggedAtMs < INTERVAL_MS) return;
    loggedAtMs = nowMs();
    log({ level: 'info', message: 'progress', done, total });
  };
}
