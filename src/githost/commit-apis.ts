import type { GivenHost, HostName } from './hosts.ts';
import type { CommitApi } from './commits/port.ts';

/** Apart from the list of hosts, which every function loads: only `via: api` commits by an API. */
const APIS: Readonly<Partial<Record<HostName, () => Promise<CommitApi>>>> = {
  github: async () => (await import('./github/commits.ts')).githubCommits,
  gitlab: async () => (await import('./gitlab/commits.ts')).gitlabCommits,
  gitea: async () => (await import('./gitea/commits.ts')).giteaCommits,
  forgejo: async () => (await import('./gitea/commits.ts')).giteaCommits,
};

/** The hosts that commit by their API. */
export const COMMIT_HOSTS: readonly string[] = Object.keys(APIS);

/** Null: the host has no such API, or it is not used here. */
export function commitApiOf(host: GivenHost): (() => Promise<CommitApi>) | null {
  return typeof host === 'string' ? (APIS[host] ?? null) : null;
}
