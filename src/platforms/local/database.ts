import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { makePrivate } from './data-directory.ts';

/**
 * `sent_at` and `visible_at` are in milliseconds since 1970. `tries` counts how often a message was received, so that `id` and
 * `tries` together identify a receipt; an attempt that does not count takes one back, once its receipt is no longer used.
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
  CREATE TABLE IF NOT EXISTS channel_errors (
    channel TEXT PRIMARY KEY,
    message TEXT NOT NULL,
    remedy TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
`;

/** Of SCHEMA. A change that an older Headgate cannot read needs the next number. */
const SCHEMA_VERSION = 1;

/**
 * Opens the queues and dead letters of a data directory. It has to be on a local disk: WAL needs shared memory.
 * @throws DeployError `usage` when the file is damaged, not writable or of a newer Headgate
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  const file = fileIn(dataDirectory);
  let db: DatabaseSync | null = null;
  try {
    makePrivate(file);
    db = new DatabaseSync(file);
    refuseNewer(db, file);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec(SCHEMA);
    // Only the previous process can have received them, and it has exited. Delayed messages keep their time.
    db.exec('UPDATE messages SET visible_at = 0 WHERE tries > 0');
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    return db;
  } catch (thrown) {
    db?.close();
    throw thrown instanceof DeployError ? thrown : unusable(file, thrown);
  }
}

function refuseNewer(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version <= SCHEMA_VERSION) return;
  throw new DeployError('usage', {
    subject: file,
    message: `was written by a newer version of Headgate (schema ${version})`,
    remedy: `${START_AGAIN} Or use that version.`,
  });
}

const START_AGAIN = 'Move the file away and start again: the sweep finds every push that was queued.';

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
const NOT_WRITABLE: ReadonlySet<unknown> = new Set([3, 8, 10, 13, 14]);

/** SQLite's own messages do not name the file. */
export function unusable(file: string, cause: unknown): DeployError {
  const message = reasonOf(cause);
  const isNotWritable = NOT_WRITABLE.has(primaryCodeOf(cause));
  return new DeployError('usage', {
    subject: file,
    message: isNotWritable ? `cannot be written: ${message}` : `is not a queue of this version of Headgate: ${message}`,
    remedy: isNotWritable
      ? 'Make the data directory and its files writable for this user, or set --data-dir.'
      : START_AGAIN,
    cause,
  });
}

/** Its lower eight bits; the others say more about it. */
export function primaryCodeOf(cause: unknown): number | null {
  const code = typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : null;
  return typeof code === 'number' ? code & 0xff : null;
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
