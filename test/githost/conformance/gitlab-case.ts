import { createHmac } from 'node:crypto';
import { idOf } from './host-case.ts';
import type { HostCase, Sent, Signing } from './host-case.ts';

const REPOSITORY = { id: '42', fullName: 'acme/platform/fleet' };

function projectOf({ id, fullName }: typeof REPOSITORY) {
  return {
    id: Number(id),
    name: 'Fleet',
    web_url: `https://gitlab.com/${fullName}`,
    git_http_url: `https://gitlab.com/${fullName}.git`,
    namespace: 'Platform',
    visibility_level: 0,
    path_with_namespace: fullName,
    default_branch: 'main',
  };
}

/** What GitLab sends on every delivery, whatever proves its origin. */
function headersOf(event: string, { sentAtMs }: Signing) {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitLab/19.0.0',
    'x-gitlab-event': event,
    'x-gitlab-instance': 'https://gitlab.com',
    'x-gitlab-webhook-uuid': '0fb5a2b0-3a38-4a52-b4f3-1f8c4f6e9a11',
    'x-gitlab-event-uuid': '88888888-0000-4000-8000-000000000001',
    'idempotency-key': ID,
    'webhook-id': ID,
    'webhook-timestamp': String(Math.floor(sentAtMs / 1000)),
  };
}

const ID = 'f1a2b3c4-0000-4000-8000-000000000001';

const SIGNED: HostCase = {
  name: 'gitlab with a signing token',
  host: 'gitlab',
  lacks: ['changed-paths', 'forced-flag', 'root-tree', 'several-refs'],
  secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  otherSecret: 'whsec_/////wQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  url: 'https://gitlab.com/acme/platform/fleet.git',
  api: 'https://gitlab.com/api/v4',
  fullName: 'acme/platform/fleet',
  id: '42',
  push([change], repository = REPOSITORY) {
    if (change === undefined) throw new Error('GitLab sends a delivery per ref');
    const { ref, before, after } = change;
    const kind = ref.startsWith('refs/tags/') ? 'tag_push' : 'push';
    const commit = { id: after, title: 'Change', added: [], modified: ['clusters/prod/a.yaml'], removed: [] };
    const payload = {
      object_kind: kind,
      event_name: kind,
      before: idOf(before),
      after: idOf(after),
      ref,
      checkout_sha: after,
      user_username: 'ann',
      project_id: Number(repository.id),
      project: projectOf(repository),
      commits: after === null ? [] : [commit],
      total_commits_count: after === null ? 0 : 1,
    };
    return { event: kind === 'push' ? 'Push Hook' : 'Tag Push Hook', payload };
  },
  others: {
    'a pipeline': withProject('Pipeline Hook', { object_kind: 'pipeline', object_attributes: { status: 'success' } }),
    'an event of a group': { event: 'Member Hook', payload: { event_name: 'user_add_to_group', group_id: 78 } },
    'a system event': {
      event: 'System Hook',
      payload: { event_name: 'project_rename', project_id: 42, path_with_namespace: 'acme/platform/ships' },
    },
  },
  headers(body, event, signing) {
    const headers = headersOf(event, signing);
    if (signing.secret === '') return headers;
    const key = Buffer.from(signing.secret.replace(/^whsec_/, ''), 'base64');
    const hmac = createHmac('sha256', key).update(`${ID}.${headers['webhook-timestamp']}.`).update(body);
    return { ...headers, 'webhook-signature': `v1,${hmac.digest('base64')}` };
  },
};

function withProject(event: string, payload: object): Sent {
  return { event, payload: { ...payload, project: projectOf(REPOSITORY) } };
}

export const GITLAB: readonly HostCase[] = [
  SIGNED,
  {
    ...SIGNED,
    name: 'gitlab with a secret token',
    lacks: [...SIGNED.lacks, 'signed-time', 'signed-body'],
    secret: 'a secret of the test',
    otherSecret: 'the secret that it is rotated to',
    headers: (_body, event, signing) => ({
      ...headersOf(event, signing),
      ...(signing.secret === '' ? {} : { 'x-gitlab-token': signing.secret }),
    }),
  },
];
