import { ownerAndName, webAddress } from '../port/full-name.ts';
import type { HostProfile } from '../port/profile.ts';

export const githubProfile: HostProfile = {
  apiOf,
  fullNameOf: ownerAndName,
  commitUrl: (url, revision) => `${webAddress(url)}/commit/${revision}`,
  exampleUrl: 'https://github.com/acme/fleet.git',
  urlEnd: 'owner/repository',
  isSecretRequired: true,
};

/**
 * GitHub.com and GitHub Enterprise Cloud with data residency (`*.ghe.com`) serve their API on a separate host, GitHub
 * Enterprise Server below its web address.
 */
function apiOf(url: URL): string {
  const isCloud = url.host === 'github.com' || url.host.endsWith('.ghe.com');
  return isCloud ? `https://api.${url.host}` : `${url.origin}/api/v3`;
}
