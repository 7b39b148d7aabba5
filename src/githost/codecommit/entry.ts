import type { Host } from '../port/host.ts';

/** AWS CodeCommit. Its pushes are events of EventBridge, and Git is read with signatures of an identity on AWS. */
export const codecommit: Host = {
  // In a signed login, the user is the access key: CodeCommit has no tokens.
  gitUser: 'aws',
  gitVersion: 'unknown',
  loadReceiver: async () => (await import('./receiver.ts')).codecommitReceiver,
  // Its API has no commit statuses.
  loadApi: null,
  loadPullRequests: null,
  loadDeployments: null,
  loadSetup: async () => (await import('./setup.ts')).codecommitSetup,
  loadIssuer: null,
};
