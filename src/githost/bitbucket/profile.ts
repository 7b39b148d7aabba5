import { ownerAndName, webAddress } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

export const bitbucketProfile: HostProfile = {
  apiOf: () => 'https://api.bitbucket.org/2.0',
  fullNameOf: ownerAndName,
  commitUrl: (url, revision) => `${webAddress(url)}/commits/${revision}`,
  exampleUrl: 'https://bitbucket.org/acme/fleet.git',
  urlEnd: 'workspace/repository',
  isSecretRequired: true,
};
