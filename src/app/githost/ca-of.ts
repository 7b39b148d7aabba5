import { readFile } from 'node:fs/promises';
import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';

/** The private certificate authority of a Git host, as PEM; null: none. */
export async function caOf({ caFile }: Repository): Promise<string | null> {
  if (caFile === null) return null;
  return readFile(caFile, 'utf8').catch((cause: unknown) => {
    throw new DeployError('config-invalid', {
      subject: caFile,
      message: 'cannot read caFile',
      remedy: 'Fix the path or the permissions of the file.',
      cause,
    });
  });
}
