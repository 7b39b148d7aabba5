import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeployError } from '../../error/deploy-error.ts';
import { makePrivate } from './data-directory.ts';
import { primaryCodeOf, unusable } from './database.ts';

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Locks a data directory, because two processes would both receive the same messages. The operating system releases the
 * lock of a killed process, so there is nothing to clean up and no process id that may be reused.
 * @throws DeployError `usage` when another process holds the lock, or it cannot be written
 */
export function lockDirectory(dataDirectory: string): { release(): void } {
  const file = join(dataDirectory, 'serve.lock');
  let db: DatabaseSync | null = null;
  try {
    makePrivate(file);
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db?.close();
    throw primaryCodeOf(cause) === BUSY ? inUse(dataDirectory, cause) : unusable(file, cause);
  }
  const lock = db;
  return { release: () => lock.close() };
}

function inUse(dataDirectory: string, cause: unknown): DeployError {
  return new DeployError('usage', {
    subject: dataDirectory,
    message: 'another headgate serve uses this data directory',
    remedy: 'Stop it first, or use another --data-dir.',
    cause,
  });
}
