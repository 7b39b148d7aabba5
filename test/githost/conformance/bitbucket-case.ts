import { createHmac } from 'node:crypto';
import type { Change, HostCase, Sent } from './host-case.ts';

const ID = '{5c2a7be1-0f7e-4c55-9b1e-6c1d0d0f9a42}';
const REPOSITORY = { id: ID, fullName: 'acme/fleet' };

function repositoryOf({ id, fullName }: typeof REPOSITORY) {
  return { type: 'repository', uuid: id, full_name: fullName, name: fullName.split('/').at(-1), scm: 'git' };
}

function stateOf(ref: string, hash: string | null) {
  if (hash === null) return null;
  const [, kind = '', ...name] = ref.split('/');
  const type = kind === 'tags' ? 'tag' : 'branch';
  return { type, name: name.join('/'), target: { type: 'commit', hash, message: 'Change\n' } };
}

function changeOf({ ref, before, after }: Change) {
  return {
    old: stateOf(ref, before),
    new: stateOf(ref, after),
    created: before === null,
    closed: after === null,
    forced: false,
    truncated: false,
    commits: after === null ? [] : [{ hash: after, type: 'commit', message: 'Change\n' }],
  };
}

function about(event: string, payload: object): Sent {
  return { event, payload: { ...payload, repository: repositoryOf(REPOSITORY) } };
}

export const BITBUCKET: HostCase = {
  name: 'bitbucket',
  host: 'bitbucket',
  lacks: ['pull-requests', 'deployments', 'changed-paths', 'root-tree', 'signed-time', 'test-delivery', 'delivery-log'],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://bitbucket.org/acme/fleet.git',
  api: 'https://api.bitbucket.org/2.0',
  fullName: 'acme/fleet',
  id: ID,
  push: (changes, repository = REPOSITORY) => ({
    event: 'repo:push',
    payload: {
      actor: { type: 'user', nickname: 'ann' },
      repository: repositoryOf(repository),
      push: { changes: changes.map((change) => changeOf(change)) },
    },
  }),
  others: {
    'a pull request': about('pullrequest:created', { pullrequest: { id: 3, state: 'OPEN', title: 'Change' } }),
    'a comment': about('pullrequest:comment_created', { comment: { id: 17, content: { raw: 'Looks good' } } }),
    'a build status': about('repo:commit_status_created', { commit_status: { key: 'ci', state: 'SUCCESSFUL' } }),
    'an event that does not exist yet': { event: 'workspace:renamed', payload: { workspace: 'acme' } },
  },
  headers: (body, event, { secret }) => ({
    'content-type': 'application/json',
    'user-agent': 'Bitbucket-Webhooks/2.0',
    'x-event-key': event,
    'x-hook-uuid': '7e1f3c9a-1111-4222-8333-444455556666',
    'x-request-uuid': '0d5b1c3e-7777-4888-9999-aaaabbbbcccc',
    'x-attempt-number': '1',
    ...(secret === ''
      ? {}
      : { 'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  }),
};
