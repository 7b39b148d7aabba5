import type { Host } from '../port/host.ts';

/** Azure DevOps Services and Azure DevOps Server. */
export const azureDevops: Host = {
  // Azure DevOps accepts any user with a personal access token.
  gitUser: 'headgate',
  loadReceiver: async () => (await import('./receiver.ts')).azureDevopsReceiver,
  loadApi: async () => (await import('./api.ts')).azureDevopsApi,
  loadPullRequests: null,
  loadSetup: async () => (await import('./setup.ts')).azureDevopsSetup,
  loadIssuer: null,
};
