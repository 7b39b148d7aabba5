import type { Host } from '../port/host.ts';

/** Bitbucket Data Center, formerly Server. */
export const bitbucketServer: Host = {
  // Bitbucket requires this user with the HTTP access token of a repository or a project.
  gitUser: 'x-token-auth',
  loadReceiver: async () => (await import('./receiver.ts')).bitbucketServerReceiver,
  loadApi: async () => (await import('./api.ts')).bitbucketServerApi,
  loadPullRequests: null,
  // Deployments would be shown on its pull requests, which are not read here.
  loadDeployments: null,
  loadSetup: async () => (await import('./setup.ts')).bitbucketServerSetup,
  loadIssuer: null,
};
