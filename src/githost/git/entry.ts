import type { Host } from '../port/host.ts';

/** Any server that speaks Git's protocol version 2 over HTTP. Its deliveries are sent by hooks/post-receive. */
export const git: Host = {
  // Most servers accept a token from any user. The server may be GitHub, which accepts this user with every token.
  gitUser: 'x-access-token',
  loadReceiver: async () => (await import('./receiver.ts')).gitReceiver,
  loadApi: null,
  loadPullRequests: null,
  loadDeployments: null,
  loadSetup: async () => (await import('./setup.ts')).gitSetup,
  loadIssuer: null,
};
