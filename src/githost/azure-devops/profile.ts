import type { HostProfile } from '../port/profile.ts';
import { locationOf } from './repository-url.ts';

export const azureDevopsProfile: HostProfile = {
  apiOf: (url) => locationOf(url)?.api ?? url.origin,
  fullNameOf: (url) => locationOf(url)?.fullName ?? null,
  commitUrl: (url, revision) => `${url.origin}${url.pathname.replace(/\/+$/, '')}/commit/${revision}`,
  exampleUrl: 'https://dev.azure.com/acme/shop/_git/fleet',
  urlEnd: 'project/_git/repository',
  isSecretRequired: true,
  signsNothing: true,
};
