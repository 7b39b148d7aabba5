import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * `sent_at` and `visible_at` are in milliseconds since 1970. `tries` counts how often a message was received, so that `id` and
 * `tries` together identify a receipt.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    grouped_by TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS by_group ON messages (queue, grouped_by, visible_at);
  CREATE TABLE IF NOT EXISTS dead_letters (
    target TEXT NOT NULL,
    delivery TEXT NOT NULL,
    revision TEXT,
    at TEXT NOT NULL
  ) STRICT;
`;

/** Opens the queues and dead letters of a data directory. It has to be on a local disk: WAL needs shared memory. */
export function openDatabase(dataDirectory: string): DatabaseSync {
  const db = new DatabaseSync(fileIn(dataDirectory));
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = NORMAL');
  db.exec(SCHEMA);
  return db;
}

/** Opens it read-only, while `serve` may be running; null if there is none. */
export function openForReading(dataDirectory: string): DatabaseSync | null {
  const file = fileIn(dataDirectory);
  return existsSync(file) ? new DatabaseSync(file, { readOnly: true, timeout: 5_000 }) : null;
}

export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (thrown) {
    // SQLite rolls back by itself when the disk is full.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

/** A transaction that survives a power failure. The others need not: their work is repeated. */
export function inDurableTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('PRAGMA synchronous = FULL');
  try {
    return inTransaction(db, work);
  } finally {
    db.exec('PRAGMA synchronous = NORMAL');
  }
}

function fileIn(dataDirectory: string): string {
  return join(dataDirectory, 'queue.db');
}
