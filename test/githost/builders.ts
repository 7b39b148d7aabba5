import { createHmac } from 'node:crypto';
import type { Config, Repository, Target } from '../../src/config/checked/config.ts';
import type { Delivery, Push } from '../../src/githost/port/git-host.ts';
import { asRevision } from '../../src/snapshot/source.ts';
import type { Revision } from '../../src/snapshot/source.ts';

export const SECRET = 'a secret of the test';
export const REVISION = aRevision('1'.repeat(40));
export const TREE = '2'.repeat(40);

export function aRevision(text: string): Revision {
  const revision = asRevision(text);
  if (revision === null) throw new Error(`not a commit id: ${text}`);
  return revision;
}

export function aRepository(change: Partial<Repository> = {}): Repository {
  return {
    name: 'fleet',
    host: 'github',
    url: 'https://github.com/acme/fleet.git',
    api: 'https://api.github.com',
    fullName: 'acme/fleet',
    id: '42',
    webhookSecrets: [{ kind: 'env', name: 'SECRET' }],
    webhookHeader: null,
    credentials: null,
    statuses: false,
    pullRequests: { plan: false, comment: true, forks: false, serviceAccount: null, approvers: [] },
    insecure: false,
    write: null,
    record: 'none',
    caFile: null,
    notify: [],
    ...change,
  };
}

export function aTarget(change: Partial<Target> = {}): Target {
  return {
    name: 'shop',
    repository: aRepository(),
    branch: 'main',
    ref: 'refs/heads/main',
    path: 'clusters/prod',
    inputs: [],
    cluster: { kind: 'kubeconfig', name: 'lab', path: null, secret: null, context: null, insecure: false },
    role: null,
    namespace: 'shop',
    namespaces: ['shop'],
    clusterScoped: false,
    createNamespace: false,
    adopt: false,
    serviceAccount: null,
    prune: { enabled: true, limit: 30, kinds: [], empty: false },
    waitMs: 0,
    conflicts: 'force',
    ignore: [],
    exclude: [],
    kustomize: { remoteBases: [], loadRestrictor: 'root-only' },
    helm: null,
    decryption: null,
    variables: null,
    drift: 'off',
    dependsOn: [],
    suspend: false,
    onFailure: 'keep',
    approval: 'none',
    notify: [],
    windows: [],
    generatedFrom: null,
    ...change,
  };
}

export function aConfig(repositories: readonly Repository[], targets: readonly Target[]): Config {
  return {
    keys: [],
    clusters: new Map(),
    repositories: new Map(repositories.map((each) => [each.name, each])),
    targets,
    templates: [],
    previews: [],
    images: new Map(),
    promotions: new Map(),
    channels: new Map(),
    aws: { region: null, stage: null },
    warnings: [],
  };
}

export function aPush(change: Partial<Push> = {}): Push {
  return {
    ref: 'refs/heads/main',
    revision: REVISION,
    rootTree: null,
    isForced: false,
    changedPaths: null,
    ...change,
  };
}

/** The fields of GitHub's push payload that are read: one commit on top of main that changes one file of the target. */
export function aPayload(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ref: 'refs/heads/main',
    before: '0'.repeat(39) + '1',
    after: REVISION,
    created: false,
    deleted: false,
    forced: false,
    commits: [{ id: REVISION, tree_id: TREE, added: [], modified: ['clusters/prod/a.yaml'], removed: [] }],
    head_commit: { id: REVISION, tree_id: TREE },
    repository: { id: 42, full_name: 'acme/fleet' },
    ...change,
  };
}

export function sign(body: Uint8Array | string, secret: string = SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export function aDelivery(body: Uint8Array | string, headers: Delivery['headers'] = {}): Delivery {
  return {
    id: 'a-delivery',
    body: Buffer.from(body),
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-hub-signature-256': sign(body),
      ...headers,
    },
  };
}
