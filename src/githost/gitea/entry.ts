import type { Host } from '../port/host.ts';

export const gitea: Host = {
  // Gitea accepts any user with a token.
  gitUser: 'headgate',
  loadReceiver: async () => (await import('./receiver.ts')).giteaReceiver,
  loadApi: async () => (await import('./api.ts')).giteaApi,
  loadPullRequests: async () => (await import('./pull-requests.ts')).giteaPullRequests,
  loadSetup: async () => (await import('./setup.ts')).giteaSetup,
  loadIssuer: null,
};
