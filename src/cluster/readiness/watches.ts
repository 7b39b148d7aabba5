import type { Connection } from '../api/connection.ts';

/** What to watch: the version to start from, by request path. */
export type Watched = ReadonlyMap<string, string>;

/** Signals that something has changed, but not what: the caller reads the objects again. */
export interface Watches {
  /** Watches exactly these. Existing watches among them continue. */
  keep(wanted: Watched): void;
  /** Resolves when something has changed since the last call, or after `ms`. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  /** False if a watch was forbidden: then the caller has to poll. */
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
  const forbidden = new Set<string>();
  let hasChanged = false;
  let change = new AbortController();

  function onChange(): void {
    hasChanged = true;
    change.abort();
  }

  async function watch(path: string, version: string, closing: AbortSignal): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`;
    const status = await connection.listen(
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
      (line) => {
        if (!line.includes('"type":"BOOKMARK"')) onChange();
      },
      closing,
    );
    open.delete(path);
    if (closing.aborted) return;
    // After 410 or a broken connection, the caller reads again and watches from the version it reads.
    if (status === 403 || status === 405) forbidden.add(path);
    else onChange();
  }

  return {
    get canWatch() {
      return forbidden.size === 0;
    },
    keep(wanted) {
      for (const [path, watching] of open) {
        if (!wanted.has(path)) watching.abort();
      }
      const added = [...wanted].filter(([path]) => !open.has(path) && !forbidden.has(path));
      for (const [path, version] of added) {
        // The next check finds changes of the rest, at most a quarter of a minute later.
        if (open.size >= MOST_WATCHES) break;
        const closing = new AbortController();
        open.set(path, closing);
        void watch(path, version, closing.signal);
      }
    },
    async next(ms, signal) {
      if (!hasChanged) await wait(ms, AbortSignal.any([signal, change.signal])).catch(() => undefined);
      hasChanged = false;
      change = new AbortController();
      signal.throwIfAborted();
    },
    close() {
      for (const watching of open.values()) watching.abort();
    },
  };
}
