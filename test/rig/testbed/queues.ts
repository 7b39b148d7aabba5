import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** No message of any queue, `besides` one, is waiting or being worked on. */
export function isQueueEmpty(dataDirectory: string, besides = ''): boolean {
  const db = new DatabaseSync(join(dataDirectory, 'queue.db'), { readOnly: true, timeout: 5_000 });
  try {
    return db.prepare('SELECT count(*) AS count FROM messages WHERE queue <> ?').get(besides)?.['count'] === 0;
  } finally {
    db.close();
  }
}
