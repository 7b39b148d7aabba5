import { createHmac } from 'node:crypto';
import { idOf } from './host-case.ts';
import type { Change, HostCase, Sent } from './host-case.ts';

const REPOSITORY = { id: '42', fullName: 'acme/fleet' };

function repositoryOf({ id, fullName }: typeof REPOSITORY) {
  const [project = '', slug = ''] = fullName.split('/');
  return {
    slug,
    id: Number(id),
    name: slug,
    scmId: 'git',
    state: 'AVAILABLE',
    // In upper case, unlike in the clone URL.
    project: { key: project.toUpperCase(), id: 7, name: project, type: 'NORMAL' },
  };
}

function changeOf({ ref, before, after }: Change) {
  const [, kind = '', ...name] = ref.split('/');
  const update = after === null ? 'DELETE' : 'UPDATE';
  return {
    ref: { id: ref, displayId: name.join('/'), type: kind === 'tags' ? 'TAG' : 'BRANCH' },
    refId: ref,
    fromHash: idOf(before),
    toHash: idOf(after),
    type: before === null ? 'ADD' : update,
  };
}

function about(event: string, payload: object): Sent {
  return { event, payload: { eventKey: event, date: '2026-01-01T00:00:00+0000', ...payload } };
}

export const BITBUCKET_SERVER: HostCase = {
  name: 'bitbucket-server',
  host: 'bitbucket-server',
  lacks: ['pull-requests', 'deployments', 'changed-paths', 'forced-flag', 'root-tree', 'signed-time', 'test-delivery'],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://bitbucket.example.com/scm/acme/fleet.git',
  api: 'https://bitbucket.example.com/rest/api/latest',
  fullName: 'acme/fleet',
  id: '42',
  push: (changes, repository = REPOSITORY) =>
    about('repo:refs_changed', {
      actor: { name: 'ann', id: 1, slug: 'ann', type: 'NORMAL' },
      repository: repositoryOf(repository),
      changes: changes.map((change) => changeOf(change)),
    }),
  others: {
    'a test of the connection': { event: 'diagnostics:ping', payload: { test: true } },
    'a pull request': about('pr:opened', { pullRequest: { id: 3, state: 'OPEN', title: 'Change' } }),
    'a comment': about('repo:comment:added', { comment: { id: 17 }, repository: repositoryOf(REPOSITORY) }),
  },
  headers: (body, event, { secret }) => ({
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Atlassian HttpClient 5.0 / Bitbucket-9.4',
    'x-event-key': event,
    'x-request-id': '4f0a9d3e-2222-4333-8444-555566667777',
    ...(secret === ''
      ? {}
      : { 'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  }),
};
