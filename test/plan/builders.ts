import type { Repository, Target } from '../../src/config/checked/config.ts';
import { bodyOf, contentHash } from '../../src/plan/model/body.ts';
import type { Candidate, Facts, Observation, LiveMetadata } from '../../src/plan/model/facts.ts';
import type { Entry, ObservedVersion } from '../../src/state/inventory.ts';
import type { SeenVersion } from '../../src/state/seen-version.ts';
import type { JsonObject, Resource } from '../../src/resource/resource.ts';
import type { ObjectId, Revision } from '../../src/snapshot/source.ts';

export const SET = 'applyset-test-v1';

const REPOSITORY: Repository = {
  name: 'fleet',
  host: 'github',
  url: 'https://github.com/acme/fleet.git',
  api: 'https://api.github.com',
  fullName: 'acme/fleet',
  id: null,
  webhookSecrets: [],
  webhookHeader: null,
  credentials: null,
  statuses: true,
  pullRequests: { plan: false, comment: true, forks: false, serviceAccount: null, approvers: [] },
  insecure: false,
  write: null,
  record: 'none',
  caFile: null,
  notify: [],
};

export function aTarget(change: Partial<Target> = {}): Target {
  return {
    name: 'shop',
    repository: REPOSITORY,
    branch: 'main',
    ref: 'refs/heads/main',
    path: 'apps',
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
    drift: 'correct',
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

export function aResource(
  kind: string,
  name: string,
  change: Partial<{ group: string; namespace: string; file: string; line: number; object: JsonObject }> = {},
): Resource {
  const { group = '', namespace = 'shop', file = `apps/${name}.yaml`, line = 1, object = {} } = change;
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  return {
    id: { group, kind, namespace, name },
    apiVersion,
    object: { apiVersion, kind, metadata: { name }, ...object },
    isHidden: false,
    source: { path: file, line },
  };
}

export function aCandidate(resource: Resource, observation: Observation, seen: LiveMetadata | null = null): Candidate {
  const body = bodyOf(resource, SET);
  return { resource, body, hash: contentHash(body, resource), observation, live: seen };
}

export function generation(value: string, hasFinished = false): SeenVersion {
  return { kind: 'generation', value, hasFinished };
}

export function anEntry(resource: Resource, change: Partial<Entry> = {}): Entry {
  const { id, apiVersion, source } = resource;
  return {
    id,
    apiVersion,
    file: source.path,
    uid: `uid-${id.name}`,
    hash: 'h',
    managedFieldsHash: 'm',
    version: { kind: 'resourceVersion', value: '1', hasFinished: false },
    pending: null,
    releasedTo: null,
    ...change,
  };
}

export function live(change: Partial<LiveMetadata> = {}): LiveMetadata {
  return {
    uid: 'uid',
    resourceVersion: '7',
    labels: {},
    annotations: {},
    deletionTimestamp: null,
    finalizers: [],
    managedFields: [],
    ...change,
  };
}

export const SEEN: ObservedVersion = {
  uid: 'uid',
  version: { kind: 'resourceVersion', value: '7', hasFinished: false },
  resourceVersion: '7',
  managedFieldsHash: 'm7',
};

export function someFacts(change: Partial<Facts> = {}): Facts {
  const candidates = change.candidates ?? [];
  return {
    target: aTarget(),
    applySetId: SET,
    source: {
      revision: 'a'.repeat(40) as Revision,
      rootTree: 'b'.repeat(40) as ObjectId,
      tree: 'c'.repeat(40) as ObjectId,
    },
    touched: new Set([
      ...candidates.map(({ resource }) => resource.source.path),
      ...(change.entries ?? []).map(({ file }) => file),
    ]),
    dirty: [],
    references: new Map(),
    ready: new Set(),
    otherTargets: new Map(),
    elsewhere: new Map(),
    entries: [],
    isRebuilt: false,
    count: change.entries?.length ?? 0,
    candidates,
    holders: [],
    unread: [],
    problems: [],
    namespaceMissing: false,
    ...change,
  };
}
