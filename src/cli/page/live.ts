import type { ServerResponse } from 'node:http';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Log } from '../../deploy/ports/log.ts';

/** What an open page listens to. */
export interface Subject {
  /** Reads a text that changes when the page would show something else. */
  readonly version: () => Promise<string>;
  readonly pauseMs: () => number;
}

export interface Live {
  /** Keeps the response open and sends `changed`; false: too many are open. */
  listen(key: string, subject: Subject, response: ServerResponse): boolean;
  /** Something that was done here may have changed this subject. */
  hint(): void;
  close(): void;
}

const LISTENERS = 40;
/** A reader with more unread data than this is gone, or hostile. */
const UNREAD_BYTES = 65_536;

interface Watched {
  readonly listeners: Set<ServerResponse>;
  timer: NodeJS.Timeout | null;
  version: string | null;
}

/** Server-sent events. A subject is read once for all who listen to it, and not at all when no page is open. */
export function openLive(log: Log): Live {
  const subjects = new Map<string, Watched & { readonly subject: Subject }>();
  let isClosed = false;

  async function look(key: string): Promise<void> {
    const watched = subjects.get(key);
    if (watched === undefined || isClosed) return;
    try {
      const version = await watched.subject.version();
      if (watched.version !== null && version !== watched.version) send(watched, 'event: changed\ndata:\n\n');
      else send(watched, ':\n\n');
      watched.version = version;
    } catch (thrown) {
      log({ level: 'debug', message: 'page-not-read', errors: [asDeployError(thrown).problem] });
    }
    if (watched.listeners.size > 0 && !isClosed) schedule(key, watched.subject.pauseMs());
  }

  function schedule(key: string, afterMs: number): void {
    const watched = subjects.get(key);
    if (watched === undefined) return;
    clearTimeout(watched.timer ?? undefined);
    watched.timer = setTimeout(() => void look(key), afterMs);
  }

  return {
    listen(key, subject, response) {
      const open = [...subjects.values()].reduce((sum, { listeners }) => sum + listeners.size, 0);
      if (open >= LISTENERS) return false;
      const watched = subjects.get(key) ?? { subject, listeners: new Set(), timer: null, version: null };
      subjects.set(key, watched);
      watched.listeners.add(response);
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write('retry: 3000\n\n');
      response.on('close', () => {
        watched.listeners.delete(response);
        if (watched.listeners.size > 0) return;
        clearTimeout(watched.timer ?? undefined);
        subjects.delete(key);
      });
      if (watched.listeners.size === 1) void look(key);
      return true;
    },
    hint() {
      for (const key of subjects.keys()) schedule(key, 0);
    },
    close() {
      isClosed = true;
      for (const { timer, listeners } of subjects.values()) {
        clearTimeout(timer ?? undefined);
        for (const response of listeners) response.end();
      }
    },
  };
}

function send({ listeners }: Watched, text: string): void {
  for (const response of listeners) {
    if (response.writableLength > UNREAD_BYTES) response.destroy();
    else response.write(text);
  }
}
