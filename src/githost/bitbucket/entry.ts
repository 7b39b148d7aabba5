import type { Host } from '../port/host.ts';

/** Bitbucket Cloud. */
export const bitbucket: Host = {
  // Bitbucket requires this user with the access token of a repository, a project or a workspace.
  gitUser: 'x-token-auth',
  loadReceiver: async () => (await import('./receiver.ts')).bitbucketReceiver,
  loadApi: async () => (await import('./api.ts')).bitbucketApi,
  loadPullRequests: null,
  loadSetup: async () => (await import('./setup.ts')).bitbucketSetup,
  loadIssuer: null,
};
