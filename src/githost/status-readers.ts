import type { GivenHost, HostName } from './hosts.ts';
import type { StatusReader } from './port/status-reader.ts';

/** Apart from the list of hosts, which every function loads: only promotions read the statuses of other systems. */
const READERS: Readonly<Partial<Record<HostName, () => Promise<StatusReader>>>> = {
  github: async () => (await import('./github/status-reader.ts')).githubStatusReader,
  gitlab: async () => (await import('./gitlab/status-reader.ts')).gitlabStatusReader,
  gitea: async () => (await import('./gitea/status-reader.ts')).giteaStatusReader,
  forgejo: async () => (await import('./gitea/status-reader.ts')).giteaStatusReader,
};

/** The hosts whose commit statuses are read. */
export const STATUS_HOSTS: readonly string[] = Object.keys(READERS);

/** Null: the host has no commit statuses, or they are not read here. */
export function statusReaderOf(host: GivenHost): (() => Promise<StatusReader>) | null {
  return typeof host === 'string' ? (READERS[host] ?? null) : null;
}
