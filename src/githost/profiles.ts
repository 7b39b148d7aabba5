import { forgejoProfile } from './forgejo/profile.ts';
import { gitProfile } from './git/profile.ts';
import { giteaProfile } from './gitea/profile.ts';
import { githubProfile } from './github/profile.ts';
import { gitlabProfile } from './gitlab/profile.ts';
import type { HostName } from './hosts.ts';
import type { HostProfile } from './port/profile.ts';

const PROFILES: Readonly<Record<HostName, HostProfile>> = {
  github: githubProfile,
  gitlab: gitlabProfile,
  gitea: giteaProfile,
  forgejo: forgejoProfile,
  git: gitProfile,
};

/** Names that will be valid: they get an error that says so. */
const PLANNED = new Set(['bitbucket', 'bitbucket-server', 'azure-devops', 'codecommit']);

export function profileOf(host: HostName): HostProfile {
  return PROFILES[host];
}

export function isPlannedHost(name: string): boolean {
  return PLANNED.has(name);
}
