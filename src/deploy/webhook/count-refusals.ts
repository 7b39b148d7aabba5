import type { Log } from '../ports/log.ts';

const INTERVAL_MS = 60_000;

/**
 * A log that counts refused signatures, with at most one line per minute for each repository or image: a stranger must not be
 * able to fill the log, which costs more than the refusals themselves. `refused`: their number since the last line.
 */
export function countRefusals(log: Log, nowMs: () => number): Log {
  const counts = new Map<unknown, { refused: number; loggedAtMs: number }>();
  return (line) => {
    if (line['status'] !== 401) return log(line);
    const sender = line['repository'] ?? `image ${String(line['image'])}`;
    const { refused, loggedAtMs } = counts.get(sender) ?? { refused: 0, loggedAtMs: -Infinity };
    const isDue = nowMs() - loggedAtMs >= INTERVAL_MS;
    if (isDue) log({ ...line, refused: refused + 1 });
    counts.set(sender, isDue ? { refused: 0, loggedAtMs: nowMs() } : { refused: refused + 1, loggedAtMs });
  };
}
