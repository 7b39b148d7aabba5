import type { HostProfile } from '../port/profile.ts';

export const gitProfile: HostProfile = {
  apiOf: () => null,
  // The name in headgate.yml ends the URL that the hook posts to, so the hook knows it, and signs it.
  fullNameOf: (_url, name) => name,
  commitUrl: () => null,
  exampleUrl: 'https://git.example.com/fleet.git',
  urlEnd: 'a repository',
  isSecretRequired: false,
};
