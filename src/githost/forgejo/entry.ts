import type { Host } from '../port/host.ts';

/** Forgejo sends what Gitea sends and has its API, except for the type of its webhooks. */
export const forgejo: Host = {
  gitUser: 'headgate',
  loadReceiver: async () => (await import('./receiver.ts')).forgejoReceiver,
  loadApi: async () => (await import('../gitea/api.ts')).giteaApi,
  loadPullRequests: async () => (await import('../gitea/pull-requests.ts')).giteaPullRequests,
  loadSetup: async () => (await import('../gitea/setup.ts')).setupOf('forgejo'),
  loadIssuer: null,
};
