import { createHmac } from 'node:crypto';
import { EXAMPLES } from '../github/examples.ts';
import { idOf, TREE } from './host-case.ts';
import type { HostCase, Sent } from './host-case.ts';

const REPOSITORY = { id: '42', fullName: 'acme/fleet' };

/** The events that are read. */
const READ = new Set(['push', 'pull_request', 'issue_comment', 'status']);

export const GITHUB: HostCase = {
  name: 'github',
  host: 'github',
  lacks: ['signed-time', 'several-refs'],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://github.com/acme/fleet.git',
  api: 'https://api.github.com',
  fullName: 'acme/fleet',
  id: '42',
  push([change], { id, fullName } = REPOSITORY) {
    if (change === undefined) throw new Error('GitHub sends a delivery per ref');
    const { ref, before, after } = change;
    const commit = { id: after, tree_id: TREE, added: [], modified: ['clusters/prod/a.yaml'], removed: [] };
    const payload = {
      ref,
      before: idOf(before),
      after: idOf(after),
      created: before === null,
      deleted: after === null,
      forced: false,
      commits: after === null ? [] : [commit],
      head_commit: after === null ? null : commit,
      repository: { id: Number(id), full_name: fullName },
    };
    return { event: 'push', payload };
  },
  others: Object.fromEntries(
    EXAMPLES.filter(({ name }) => !READ.has(name)).map(({ name, examples }): [string, Sent] => [
      name,
      { event: name, payload: { ...examples[0], repository: { id: 42, full_name: 'acme/fleet' } } },
    ]),
  ),
  headers: (body, event, { secret }) => ({
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': '7a2a7f00-0000-11f0-8000-000000000001',
    ...(secret === ''
      ? {}
      : { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  }),
};
