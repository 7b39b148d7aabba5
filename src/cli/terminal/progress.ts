import type { Log } from '../../deploy/ports/log.ts';

/** A line at most every two seconds, for what takes longer than that. */
export function progressLog(
  log: Log,
  nowMs: () => number,
): (at: { readonly done: number; readonly total: number }) => void {
  let saidMs = nowMs();
  return ({ done, total }) => {
    if (nowMs() - saidMs < 2000) return;
    saidMs = nowMs();
    log({ level: 'info', message: 'progress', done, total });
  };
}
