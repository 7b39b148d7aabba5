import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How many messages each queue has, for an error: `check 1, write 2`. */
export function queueContents(dataDirectory: string): string {
  const db = new DatabaseSync(join(dataDirectory, 'queue.db'), { readOnly: true, timeout: 5_000 });
  try {
    const rows = db.prepare('SELECT queue, count(*) AS count FROM messages GROUP BY queue').all();
    return rows.map(({ queue, count }) => `${String(queue)} ${String(count)}`).join(', ');
  } finally {
    db.close();
  }
}

/** No message of any queue, `besides` one, is waiting or being worked on. */
export function isQueueEmpty(dataDirectory: string, besides = ''): boolean {
  const db = new DatabaseSync(join(dataDirectory, 'queue.db'), { readOnly: true, timeout: 5_000 });
  try {
    return db.prepare('SELECT count(*) AS count FROM messages WHERE queue <> ?').get(besides)?.['count'] === 0;
  } finally {
    db.close();
  }
}
