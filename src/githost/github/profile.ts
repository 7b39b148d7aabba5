import type { HostProfile } from '../port/git-host.ts';
import { ownerAndName } from '../port/full-name.ts';

export const githubProfile: HostProfile = {
  // GitHub accepts any user with most tokens, and requires this one with the token of an App.
  gitUser: 'x-access-token',
  acceptsApps: true,
  apiOf,
  fullNameOf: ownerAndName,
  hasProof: (headers) => /^sha256=[0-9a-f]{64}$/.test(headers['x-hub-signature-256'] ?? ''),
  deliveryIdOf: (headers) => headers['x-github-delivery'] ?? null,
  loadHooks: async () => (await import('./hooks.ts')).githubHooks,
  loadApi: async () => (await import('./api.ts')).githubApi,
  load: async () => (await import('./host.ts')).github,
};

/** GitHub.com serves its API on a separate host, GitHub Enterprise Server below its web address. */
function apiOf(url: URL): string {
  return url.host === 'github.com' ? 'https://api.github.com' : `${url.origin}/api/v3`;
}
