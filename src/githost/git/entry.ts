import type { Host } from '../port/host.ts';

/** Any server that speaks Git's protocol version 2 over HTTP. Its deliveries are sent by hooks/post-receive. */
export const git: Host = {
  // Most servers accept a token from any user. It may be a token of GitHub, which accepts this one with every token.
  gitUser: 'x-access-token',
  loadReceiver: async () => (await import('./receiver.ts')).gitReceiver,
  loadApi: null,
  loadPullRequests: null,
  loadSetup: async () => (await import('./setup.ts')).gitSetup,
  loadIssuer: null,
};
