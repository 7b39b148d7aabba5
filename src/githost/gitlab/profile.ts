import { wholePath, webAddress } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

export const gitlabProfile: HostProfile = {
  apiOf: (url) => `${url.origin}/api/v4`,
  fullNameOf: wholePath,
  commitUrl: (url, revision) => `${webAddress(url)}/-/commit/${revision}`,
  exampleUrl: 'https://gitlab.com/acme/platform/fleet.git',
  urlEnd: 'group/repository',
  isSecretRequired: true,
};
