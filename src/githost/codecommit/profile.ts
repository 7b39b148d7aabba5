import type { HostProfile } from '../port/profile.ts';
import { locationOf } from './repository-url.ts';

export const codecommitProfile: HostProfile = {
  apiOf: () => null,
  fullNameOf: (url) => locationOf(url)?.name ?? null,
  commitUrl,
  exampleUrl: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet',
  urlEnd: '/v1/repos/REPOSITORY',
  isSecretRequired: false,
  identity: 'iam',
};

/** The console of the other partitions has other addresses. */
function commitUrl(url: URL, revision: string): string | null {
  const { region, name } = locationOf(url) ?? { region: null, name: '' };
  if (region === null || !url.hostname.endsWith('.amazonaws.com') || region.startsWith('us-gov-')) return null;
  const console = `https://${region}.console.aws.amazon.com/codesuite/codecommit`;
  return `${console}/repositories/${name}/commit/${revision}?region=${region}`;
}
