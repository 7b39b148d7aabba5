import type { Host } from '../port/host.ts';

/** GitLab.com and self-managed GitLab. */
export const gitlab: Host = {
  // GitLab accepts any user with personal, project and group access tokens, and this one with every token.
  gitUser: 'oauth2',
  loadReceiver: async () => (await import('./receiver.ts')).gitlabReceiver,
  loadApi: async () => (await import('./api.ts')).gitlabApi,
  loadPullRequests: async () => (await import('./pull-requests.ts')).gitlabPullRequests,
  loadSetup: async () => (await import('./setup.ts')).gitlabSetup,
  loadIssuer: null,
};
