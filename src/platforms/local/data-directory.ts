import { chmodSync, closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';

/** @throws DeployError `usage` */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new DeployError('usage', {
      subject: path,
      message: `cannot be used as the data directory: ${reasonOf(cause)}`,
      remedy: 'Set --data-dir to a directory that this user may write.',
      cause,
    });
  }
}

/** Only this user may read and write it: a message in the queue decides what is deployed next. */
export function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch {
    // The database that opens the file next reports why it cannot be used.
  }
}
