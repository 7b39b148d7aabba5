import { writeFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { DeployError } from '../../error/deploy-error.ts';
import type { BareContext } from '../terminal/context.ts';
import type { Clone } from './read-clone.ts';

type Place = Pick<BareContext, 'cwd' | 'configPath'>;

/** Never replaces a file. */
export async function writeNew({ cwd, configPath }: Place, text: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, configPath), text, { flag: 'wx' });
  } catch (cause) {
    throw new DeployError('usage', {
      subject: configPath,
      message: 'cannot create the file, or it already exists',
      remedy: 'Pass another path with --config, or delete the file.',
      cause,
    });
  }
}

export function refuseInside(
  { root }: Pick<Clone, 'root'>,
  { cwd, configPath, command }: Place & { readonly command: string },
): void {
  const inside = relative(root, resolve(cwd, configPath));
  if (inside.startsWith('..')) return;
  throw new DeployError('usage', {
    subject: configPath,
    message: 'the file would be inside the repository that it deploys, where anyone who can push could change it',
    remedy: `Run the command beside the clone: cd .. && headgate ${command} …, with ${basename(root)}/ in its paths.`,
  });
}
