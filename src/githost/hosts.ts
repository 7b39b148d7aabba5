import { githubProfile } from './github/profile.ts';
import type { HookApi } from './port/hooks.ts';
import type { HostProfile } from './port/git-host.ts';
import type { HostApi } from './port/host-api.ts';

/** The only list of Git hosts: a name in headgate.yml and what it is. */
const HOSTS = { github: githubProfile } satisfies Readonly<Record<string, HostProfile>>;

export type HostName = keyof typeof HOSTS;

/** `git`: any server, without webhooks and statuses. */
export type RepositoryHost = HostName | 'git';

/** Names that will be valid: they get an error that says so. */
const PLANNED = new Set(['gitlab', 'gitea', 'forgejo', 'bitbucket', 'bitbucket-server', 'azure-devops', 'codecommit']);

export const HOST_NAMES: readonly string[] = Object.keys(HOSTS);

export function isHost(name: string): name is RepositoryHost {
  return name === 'git' || HOST_NAMES.includes(name);
}

export function isPlannedHost(name: string): boolean {
  return PLANNED.has(name);
}

/** Null: the repository's host does not send webhooks or accept statuses. */
export function profileOf({ host }: { readonly host: RepositoryHost }): HostProfile | null {
  return host === 'git' ? null : HOSTS[host];
}

/** Null: the repository's host does not accept statuses. */
export async function hostApiOf(repository: { readonly host: RepositoryHost }): Promise<HostApi | null> {
  return (await profileOf(repository)?.loadApi()) ?? null;
}

/** Null: webhooks are not registered or listed over an API. */
export async function hooksOf(repository: { readonly host: RepositoryHost }): Promise<HookApi | null> {
  return (await profileOf(repository)?.loadHooks?.()) ?? null;
}

/** Most servers accept a token from any user. With `host: git` it may still be a token for GitHub, which accepts this one. */
export function gitUserOf(repository: { readonly host: RepositoryHost }): string {
  return (profileOf(repository) ?? githubProfile).gitUser;
}
