import { readFile } from 'node:fs/promises';
import type { GitLogin } from '../git/wire/transport.ts';
import type { Repository } from '../config/checked/config.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { HostApi } from '../githost/port/host-api.ts';
import type { AppRuntime } from './app-runtime.ts';
import type { HostAccess } from './githost/host-client.ts';

/** Opens the login that reads a repository with the identity of the process on AWS. */
export type IdentityLogin = (url: URL) => Promise<() => GitLogin>;

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

/** Names the Git host among the servers that are watched. Its API has the same name, because a run needs both. */
export function gitServerOf({ url }: Repository): string {
  return `git ${new URL(url).host}`;
}

/** Access to the API of a repository's host, whose answers count for its Git server too. */
export async function hostAccessOf(
  repository: Repository,
  { host, token }: { readonly host: HostApi; readonly token: string },
  { servers, wait }: Pick<AppRuntime, 'servers' | 'wait'>,
): Promise<HostAccess> {
  const watched = servers.named(gitServerOf(repository));
  return { host, token: () => Promise.resolve(token), ca: await caOf(repository), watched, wait };
}
