import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** No message of any queue is waiting or being worked on. */
export function isQueueEmpty(dataDirectory: string): boolean {
  const db = new DatabaseSync(join(dataDirectory, 'queue.db'), { readOnly: true, timeout: 5_000 });
  try {
    return db.prepare('SELECT count(*) AS count FROM messages').get()?.['count'] === 0;
  } finally {
    db.close();
  }
}
