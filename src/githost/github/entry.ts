import type { Host } from '../port/host.ts';

/** GitHub.com and GitHub Enterprise Server. */
export const github: Host = {
  // GitHub accepts any user with most tokens, and requires this one with the token of an App.
  gitUser: 'x-access-token',
  loadReceiver: async () => (await import('./receiver.ts')).githubReceiver,
  loadApi: async () => (await import('./api.ts')).githubApi,
  loadPullRequests: async () => (await import('./pull-requests.ts')).githubPullRequests,
  loadSetup: async () => (await import('./setup.ts')).githubSetup,
  loadIssuer: async () => (await import('./app.ts')).githubIssuer,
};
