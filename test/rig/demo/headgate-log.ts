import type { LogEntry } from './lines.ts';

/** The log of a running Headgate, to wait for entries. */
export interface HeadgateLog {
  add(entry: LogEntry): void;
  /** The current end of the log. */
  mark(): number;
  /** The first entry after a mark that is wanted. */
  next(mark: number, isWanted: (entry: LogEntry) => boolean): Promise<LogEntry>;
}

export function headgateLog(signal: AbortSignal): HeadgateLog {
  const entries: LogEntry[] = [];
  const changed = new EventTarget();
  return {
    add(entry) {
      entries.push(entry);
      changed.dispatchEvent(new Event('added'));
    },
    mark: () => entries.length,
    next(mark, isWanted) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = entries.slice(mark).find(isWanted);
          if (found === undefined) return;
          changed.removeEventListener('added', look);
          resolve(found);
        };
        changed.addEventListener('added', look);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        look();
      });
    },
  };
}
