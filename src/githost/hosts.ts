import { azureDevops } from './azure-devops/entry.ts';
import { bitbucketServer } from './bitbucket-server/entry.ts';
import { bitbucket } from './bitbucket/entry.ts';
import { codecommit } from './codecommit/entry.ts';
import { forgejo } from './forgejo/entry.ts';
import { git } from './git/entry.ts';
import { gitea } from './gitea/entry.ts';
import { github } from './github/entry.ts';
import { gitlab } from './gitlab/entry.ts';
import type { Host, HostDefinition } from './port/host.ts';

/** The Git hosts: a name in headgate.yml, and how the host is loaded. profiles.ts has what headgate.yml knows of each. */
const HOSTS = {
  github,
  gitlab,
  gitea,
  forgejo,
  bitbucket,
  'bitbucket-server': bitbucketServer,
  'azure-devops': azureDevops,
  codecommit,
  git,
} satisfies Readonly<Record<string, Host>>;

export type HostName = keyof typeof HOSTS;

export const HOST_NAMES: readonly string[] = Object.keys(HOSTS);

export function isHost(name: string): name is HostName {
  return HOST_NAMES.includes(name);
}

/** One of the list, or one that was made outside of this package. */
export type GivenHost = HostName | HostDefinition;

export function hostOf({ host }: { readonly host: GivenHost }): Host {
  return typeof host === 'string' ? HOSTS[host] : host;
}

export function nameOfHost(host: GivenHost): string {
  return typeof host === 'string' ? host : host.name;
}
