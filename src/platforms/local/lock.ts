import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeployError } from '../../error/deploy-error.ts';

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Locks a data directory, because two processes would both receive the same messages. The operating system releases the
 * lock of a killed process, so there is nothing to clean up and no process id that may be reused.
 * @throws DeployError `usage` when another process holds the lock
 */
export function lockDirectory(dataDirectory: string): { release(): void } {
  const db = new DatabaseSync(join(dataDirectory, 'serve.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    if (codeOf(cause) !== BUSY) throw cause;
    throw new DeployError('usage', {
      subject: dataDirectory,
      message: 'another headgate serve uses this data directory',
      remedy: 'Stop it first, or use another --data-dir.',
      cause,
    });
  }
  return { release: () => db.close() };
}

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : undefined;
}
