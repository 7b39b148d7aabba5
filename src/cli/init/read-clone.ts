import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeployError } from '../../error/deploy-error.ts';
import { asHttps } from './names.ts';

const run = promisify(execFile);

export interface Clone {
  readonly root: string;
  /** As https, whatever the remote uses; null: no remote. */
  readonly url: string | null;
  readonly branch: string | null;
  /** The tracked files that can be manifests. */
  readonly files: ReadonlyMap<string, string>;
}

const LIMIT_BYTES = 1_000_000;

/** @throws DeployError `usage` when the directory is not in a clone */
export async function readClone(directory: string, signal: AbortSignal): Promise<Clone> {
  const git = async (...args: readonly string[]) => {
    const { stdout } = await run('git', ['-C', directory, ...args], { signal, maxBuffer: 64_000_000 });
    return stdout.trim();
  };
  const root = await git('rev-parse', '--show-toplevel').catch((cause: unknown) => {
    throw new DeployError('usage', {
      subject: directory,
      message: 'not a clone of a Git repository',
      remedy: 'Clone the repository of your manifests, and pass its directory: headgate init fleet.',
      cause,
    });
  });
  const remote = await git('remote', 'get-url', 'origin').catch(() => null);
  const branch = await git('symbolic-ref', '--short', 'HEAD').catch(() => null);
  const listed = (await git('-C', root, 'ls-files', '-z')).split('\0');
  const candidates = listed.filter((path) => /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/.test(path));
  const files = new Map<string, string>();
  for (const path of candidates) {
    const file = join(root, path);
    const size = await stat(file).then(
      ({ size: bytes }) => bytes,
      () => Infinity,
    );
    if (size <= LIMIT_BYTES) files.set(path, await readFile(file, 'utf8'));
  }
  return { root, url: remote === null ? null : asHttps(remote), branch, files };
}
