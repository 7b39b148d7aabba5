import { ownerAndName } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

export const giteaProfile: HostProfile = {
  apiOf: (url) => `${url.origin}/api/v1`,
  fullNameOf: ownerAndName,
  exampleUrl: 'https://gitea.example.com/acme/fleet.git',
  urlEnd: 'owner/repository',
  isSecretRequired: true,
};
