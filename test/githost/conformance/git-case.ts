import { createHmac } from 'node:crypto';
import { idOf } from './host-case.ts';
import type { HostCase } from './host-case.ts';

/** What hooks/post-receive sends; test/githost/git/post-receive.parts.test.ts runs the hook itself. */
export const GIT: HostCase = {
  name: 'git',
  host: 'git',
  lacks: [
    'pull-requests',
    'deployments',
    'changed-paths',
    'forced-flag',
    'root-tree',
    'repository-id',
    'signed-time',
    'tags',
    'statuses',
    'hook-api',
    'delivery-log',
  ],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://git.example.com/srv/fleet.git',
  api: null,
  fullName: 'fleet',
  id: null,
  push: (changes, { fullName } = { id: '', fullName: 'fleet' }) => ({
    event: 'push',
    payload: {
      repository: fullName,
      changes: changes.map(({ ref, before, after }) => ({ ref, before: idOf(before), after: idOf(after) })),
    },
  }),
  others: {},
  headers: (body, _event, { secret }) => ({
    'content-type': 'application/json',
    'x-headgate-delivery': '4965c37d2487b5a4a9bfcdee522be384',
    ...(secret === ''
      ? {}
      : { 'x-headgate-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  }),
};
