import { forgejo } from './forgejo/entry.ts';
import { git } from './git/entry.ts';
import { gitea } from './gitea/entry.ts';
import { github } from './github/entry.ts';
import { gitlab } from './gitlab/entry.ts';
import type { Host } from './port/host.ts';

/** The Git hosts: a name in headgate.yml, and how the host is loaded. profiles.ts has what headgate.yml knows of each. */
const HOSTS = { github, gitlab, gitea, forgejo, git } satisfies Readonly<Record<string, Host>>;

export type HostName = keyof typeof HOSTS;

export const HOST_NAMES: readonly string[] = Object.keys(HOSTS);

export function isHost(name: string): name is HostName {
  return HOST_NAMES.includes(name);
}

export function hostOf({ host }: { readonly host: HostName }): Host {
  return HOSTS[host];
}
