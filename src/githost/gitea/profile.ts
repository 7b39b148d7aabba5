import { ownerAndName, webAddress } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

export const giteaProfile: HostProfile = {
  apiOf: (url) => `${url.origin}/api/v1`,
  fullNameOf: ownerAndName,
  commitUrl: (url, revision) => `${webAddress(url)}/commit/${revision}`,
  exampleUrl: 'https://gitea.example.com/acme/fleet.git',
  urlEnd: 'owner/repository',
  isSecretRequired: true,
};
