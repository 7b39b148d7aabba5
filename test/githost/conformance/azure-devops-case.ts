import { idOf } from './host-case.ts';
import type { HostCase, Sent } from './host-case.ts';

const ID = '7d3f2a90-5b1c-4e55-8a6e-0c9f1b2d3e4f';
const REPOSITORY = { id: ID, fullName: 'Shop Floor/fleet' };

function repositoryOf({ id, fullName }: typeof REPOSITORY) {
  const [project = '', name = ''] = fullName.split('/');
  return {
    id,
    name,
    project: { id: '0a1b2c3d-1111-4222-8333-444455556666', name: project, state: 'wellFormed' },
    defaultBranch: 'refs/heads/main',
    remoteUrl: `https://dev.azure.com/acme/${encodeURIComponent(project)}/_git/${name}`,
  };
}

function about(event: string, resource: object): Sent {
  const payload = {
    subscriptionId: '11111111-2222-4333-8444-555555555555',
    notificationId: 12,
    id: '66666666-7777-4888-8999-aaaaaaaaaaaa',
    eventType: event,
    publisherId: 'tfs',
    resource,
    resourceVersion: '1.0',
    createdDate: '2026-01-01T00:00:00Z',
  };
  return { event, payload };
}

export const AZURE_DEVOPS: HostCase = {
  name: 'azure-devops',
  host: 'azure-devops',
  lacks: [
    'pull-requests',
    'deployments',
    'changed-paths',
    'forced-flag',
    'root-tree',
    'signed-time',
    'signed-body',
    'delivery-id',
    'hook-api',
    'test-delivery',
    'delivery-log',
  ],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://dev.azure.com/acme/Shop%20Floor/_git/fleet',
  api: 'https://dev.azure.com/acme',
  fullName: 'Shop Floor/fleet',
  id: ID,
  statusName: '"context":{"genre":"headgate","name":"shop"}',
  hasSpaces: true,
  push: (changes, repository = REPOSITORY) =>
    about('git.push', {
      commits: [],
      refUpdates: changes.map(({ ref, before, after }) => ({
        name: ref,
        oldObjectId: idOf(before),
        newObjectId: idOf(after),
      })),
      repository: repositoryOf(repository),
      pushedBy: { displayName: 'Ann' },
      pushId: 14,
    }),
  others: {
    'a pull request': about('git.pullrequest.created', {
      repository: repositoryOf(REPOSITORY),
      pullRequestId: 3,
      status: 'active',
    }),
    'a build': about('build.complete', { id: 2, status: 'succeeded' }),
  },
  headers: (_body, _event, { secret }) => ({
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'VSServices/20.256.0 (w3wp.exe)',
    ...(secret === '' ? {} : { authorization: `Basic ${Buffer.from(`headgate:${secret}`).toString('base64')}` }),
  }),
};
