import type { Host } from '../port/host.ts';

export const gitea: Host = {
  // Gitea accepts any user with a token.
  gitUser: 'headgate',
  loadReceiver: async () => (await import('./receiver.ts')).giteaReceiver,
  loadApi: async () => (await import('./api.ts')).giteaApi,
  loadPullRequests: async () => (await import('./pull-requests.ts')).giteaPullRequests,
  // Gitea has deployments for Actions only, and none in its API.
  loadDeployments: null,
  loadSetup: async () => (await import('./setup.ts')).giteaSetup,
  loadIssuer: null,
};
