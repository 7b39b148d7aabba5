import { readFileSync, readdirSync } from 'node:fs';

const LOOK_MS = 5;
/** Unused time is kept for one period, as the kernel's quota does. */
const PERIOD_MS = 100;

/**
 * Gives a process a share of one processor, as Lambda does by its memory: it is stopped whenever it has used more, and continued
 * when it may use more. Applies while `isRunning`. Returns how to end it.
 */
export function limitCpu(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean },
  share: number,
  isRunning: () => boolean,
): () => void {
  let atMs = performance.now();
  let usedMs = usedBy(child.pid);
  let leftMs = share * PERIOD_MS;
  let isStopped = false;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const nowUsedMs = usedBy(child.pid);
    leftMs = Math.min(share * PERIOD_MS, leftMs + share * (nowMs - atMs)) - (nowUsedMs - usedMs);
    [atMs, usedMs] = [nowMs, nowUsedMs];
    if (!isRunning()) {
      isStopped = false;
      return;
    }
    if (leftMs < 0 && !isStopped) isStopped = child.kill('SIGSTOP');
    if (leftMs > 0 && isStopped) isStopped = !child.kill('SIGCONT');
  }, LOOK_MS);
  return () => clearInterval(timer);
}

/** The time that all of its threads ran. */
function usedBy(pid: number | undefined): number {
  const folder = `/proc/${pid}/task`;
  let ns = 0;
  try {
    for (const task of readdirSync(folder))
      ns += Number(readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    // It, or one of its threads, has just ended.
  }
  return ns / 1e6;
}
