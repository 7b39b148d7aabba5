import { createHmac } from 'node:crypto';
import { idOf } from './host-case.ts';
import type { HostCase } from './host-case.ts';

const REPOSITORY = { id: '42', fullName: 'acme/fleet' };

function repositoryOf({ id, fullName }: typeof REPOSITORY) {
  return { id: Number(id), name: fullName.split('/').at(-1), full_name: fullName, default_branch: 'main' };
}

const repository = repositoryOf(REPOSITORY);

const GITEA: HostCase = {
  name: 'gitea',
  host: 'gitea',
  lacks: ['changed-paths', 'forced-flag', 'root-tree', 'signed-time', 'several-refs', 'delivery-log', 'deployments'],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://gitea.example.com/acme/fleet.git',
  api: 'https://gitea.example.com/api/v1',
  fullName: 'acme/fleet',
  id: '42',
  push([change], named = REPOSITORY) {
    if (change === undefined) throw new Error('Gitea sends a delivery per ref');
    const { ref, before, after } = change;
    const commit = { id: after, message: 'Change', added: [], modified: ['clusters/prod/a.yaml'], removed: [] };
    const payload = {
      ref,
      before: idOf(before),
      after: idOf(after),
      compare_url: 'https://gitea.example.com/acme/fleet/compare',
      commits: after === null ? [] : [commit],
      total_commits: after === null ? 0 : 1,
      head_commit: after === null ? null : commit,
      repository: repositoryOf(named),
      pusher: { id: 1, login: 'ann' },
      sender: { id: 1, login: 'ann' },
    };
    return { event: 'push', payload };
  },
  deletedBranch: (ref) => ({ event: 'delete', payload: { ref, ref_type: 'branch', pusher_type: 'user', repository } }),
  others: {
    'a new branch': { event: 'create', payload: { ref: 'next', ref_type: 'branch', sha: '2'.repeat(40), repository } },
    'a deleted tag': { event: 'delete', payload: { ref: 'v1', ref_type: 'tag', pusher_type: 'user', repository } },
    'a deletion of something new': { event: 'delete', payload: { ref: 'x', ref_type: 'bookmark', repository } },
    'a status that Headgate wrote': { event: 'status', payload: { context: 'headgate/shop', repository } },
    'an event of an organization': { event: 'repository', payload: { action: 'created', organization: { id: 7 } } },
  },
  headers(body, event, { secret }) {
    // Without a secret the headers are there, and empty.
    const hmac = (algorithm: string) => (secret === '' ? '' : createHmac(algorithm, secret).update(body).digest('hex'));
    const ofFamily = (family: string) => ({ [`x-${family}-event`]: event, [`x-${family}-delivery`]: ID });
    return {
      'content-type': 'application/json',
      'user-agent': 'Go-http-client/1.1',
      ...ofFamily('gitea'),
      ...ofFamily('gogs'),
      ...ofFamily('github'),
      'x-gitea-event-type': event,
      'x-gitea-signature': hmac('sha256'),
      'x-gogs-signature': hmac('sha256'),
      'x-hub-signature': `sha1=${hmac('sha1')}`,
      'x-hub-signature-256': `sha256=${hmac('sha256')}`,
    };
  },
};

const ID = '0e663f2e-29fa-4e29-9833-39b4fdbb7ed3';

export const GITEA_AND_FORGEJO: readonly HostCase[] = [
  GITEA,
  {
    ...GITEA,
    name: 'forgejo',
    host: 'forgejo',
    url: 'https://codeberg.org/acme/fleet.git',
    api: 'https://codeberg.org/api/v1',
    headers: (body, event, signing) => ({
      ...GITEA.headers(body, event, signing),
      'x-forgejo-event': event,
      'x-forgejo-delivery': ID,
    }),
  },
];
