import { azureDevopsProfile } from './azure-devops/profile.ts';
import { bitbucketServerProfile } from './bitbucket-server/profile.ts';
import { bitbucketProfile } from './bitbucket/profile.ts';
import { codecommitProfile } from './codecommit/profile.ts';
import { forgejoProfile } from './forgejo/profile.ts';
import { gitProfile } from './git/profile.ts';
import { giteaProfile } from './gitea/profile.ts';
import { githubProfile } from './github/profile.ts';
import { gitlabProfile } from './gitlab/profile.ts';
import type { GivenHost, HostName } from './hosts.ts';
import type { HostProfile } from './port/profile.ts';

const PROFILES: Readonly<Record<HostName, HostProfile>> = {
  github: githubProfile,
  gitlab: gitlabProfile,
  gitea: giteaProfile,
  forgejo: forgejoProfile,
  bitbucket: bitbucketProfile,
  'bitbucket-server': bitbucketServerProfile,
  'azure-devops': azureDevopsProfile,
  codecommit: codecommitProfile,
  git: gitProfile,
};

export function profileOf(host: GivenHost): HostProfile {
  return typeof host === 'string' ? PROFILES[host] : host.profile;
}
