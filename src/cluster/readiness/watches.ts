import type { Connection } from '../api/connection.ts';

/** What to watch: by the path of the request, the version that was read before. */
export type Watched = ReadonlyMap<string, string>;

/** Doorbells: a watch says that something has changed, never what; whoever hears it looks. */
export interface Watches {
  /** Watches these and no others. What is watched already goes on. */
  keep(wanted: Watched): void;
  /** Resolves when one of them has rung since the last time, or after so long. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  /** False when a watch is refused, because the right to it is missing: then only looking helps. */
  readonly canWatch: boolean;
  close(): void;
}

const MOST_WATCHES = 16;
const WATCH_SECONDS = 65;

export function openWatches(
  connection: Pick<Connection, 'listen'>,
  wait: (ms: number, signal: AbortSignal) => Promise<void>,
): Watches {
  const open = new Map<string, AbortController>();
  const blind = new Set<string>();
  let hasRung = false;
  let ring = new AbortController();

  function onRing(): void {
    hasRung = true;
    ring.abort();
  }

  async function watch(path: string, version: string, closing: AbortSignal): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`;
    const status = await connection.listen(
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
      (line) => {
        if (!line.includes('"type":"BOOKMARK"')) onRing();
      },
      closing,
    );
    open.delete(path);
    if (closing.aborted) return;
    // 410 and a broken connection mean: look, and watch from what is seen then.
    if (status === 403 || status === 405) blind.add(path);
    else onRing();
  }

  return {
    get canWatch() {
      return blind.size === 0;
    },
    keep(wanted) {
      for (const [path, watching] of open) {
        if (!wanted.has(path)) watching.abort();
      }
      const more = [...wanted].filter(([path]) => !open.has(path) && !blind.has(path));
      for (const [path, version] of more) {
        // The rest is seen with the next look, a quarter of a minute later at most.
        if (open.size >= MOST_WATCHES) break;
        const closing = new AbortController();
        open.set(path, closing);
        void watch(path, version, closing.signal);
      }
    },
    async next(ms, signal) {
      if (!hasRung) await wait(ms, AbortSignal.any([signal, ring.signal])).catch(() => undefined);
      hasRung = false;
      ring = new AbortController();
      signal.throwIfAborted();
    },
    close() {
      for (const watching of open.values()) watching.abort();
    },
  };
}
