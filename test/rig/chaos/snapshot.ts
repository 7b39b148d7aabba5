import { decodeEntries } from '../../../src/cluster/state/shard.ts';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import { bodyOf, contentHash } from '../../../src/plan/model/body.ts';
import type { Entry } from '../../../src/state/inventory.ts';
import { readManifests } from '../../../src/resource/manifests.ts';
import { formatId, isObject, metadataMap, textOf } from '../../../src/resource/resource.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import type { Api } from '../cluster/api.ts';
import type { Commit } from './git-writer.ts';
import { pairOf } from './scenario.ts';

/** A namespace and its inventory, without what differs from namespace to namespace: equal after two runs with the same result. */
export interface Snapshot {
  readonly objects: Readonly<Record<string, unknown>>;
  readonly state: unknown;
  readonly inventory: readonly unknown[];
  readonly shards: readonly string[];
}

const KINDS = [
  { collection: '/api/v1/namespaces/TARGET/configmaps', apiVersion: 'v1', kind: 'ConfigMap' },
  { collection: '/api/v1/namespaces/TARGET/secrets', apiVersion: 'v1', kind: 'Secret' },
  { collection: '/api/v1/namespaces/TARGET/services', apiVersion: 'v1', kind: 'Service' },
  { collection: '/api/v1/namespaces/TARGET/serviceaccounts', apiVersion: 'v1', kind: 'ServiceAccount' },
  { collection: '/apis/apps/v1/namespaces/TARGET/deployments', apiVersion: 'apps/v1', kind: 'Deployment' },
];

/** A target, and the namespace that holds its state and its objects. */
export interface Place {
  readonly target: string;
  readonly namespace: string;
}

/** Does the target's state record a closed run of this commit? */
export async function settledAt(api: Api, { target, namespace }: Place, revision: string): Promise<boolean> {
  const parent = await api.get(`/api/v1/namespaces/${namespace}/configmaps/headgate-${target}`);
  if (parent === null || metadataMap(parent, 'annotations')['headgate.dev/revision'] !== revision) return false;
  const { lease, dirty } = stateOf(parent);
  return lease === null && Array.isArray(dirty) && dirty.length === 0;
}

/** The uid of each object in the namespace that is neither Kubernetes' own nor a target's state: those appear at any time. */
export async function uidsIn(api: Api, namespace: string): Promise<Readonly<Record<string, string>>> {
  const found = (await Promise.all(KINDS.map((kind) => list(api, namespace, kind)))).flat();
  const objects = found.filter((object) => !isKubernetes(object) && !nameOf(object).startsWith('headgate-'));
  return Object.fromEntries(objects.map((object) => [idOf(object), textOf(metadataOf(object)['uid'])]));
}

export async function snapshot(
  api: Api,
  { target, namespace }: Place,
  { commit, files }: { commit: Commit | null; files: Readonly<Record<string, string>> },
): Promise<Snapshot> {
  const found = (await Promise.all(KINDS.map((kind) => list(api, namespace, kind)))).flat();
  const live = new Map(found.map((object) => [idOf(object), object]));
  const states = found.filter((object) => nameOf(object).startsWith(`headgate-${namespace}`));
  const own = states.filter((object) => nameOf(object).split('.')[0] === `headgate-${target}`);
  const parent = own.find((object) => nameOf(object) === `headgate-${target}`) ?? {};
  const shards = own.map(nameOf).filter((name) => /\.\d+$/.test(name));
  const entries = own.flatMap((object) => entriesOf(object));
  const hashes = hashesOf(files, { target, namespace });
  const inventory = entries.map((entry) => rowOf(entry, { live, hashes, target: namespace })).toSorted();
  const { lease, dirty, spare, count, attempt, pendingOn, shards: listed } = stateOf(parent);
  const annotations = metadataMap(parent, 'annotations');
  const objects = found.filter((object) => !states.includes(object) && !isKubernetes(object));
  const named = (text: string) => text.replaceAll(namespace, 'TARGET');
  return {
    objects: Object.fromEntries(objects.map((object) => [named(idOf(object)), bare(object, namespace)])),
    state: {
      isTip: annotations['headgate.dev/revision'] === commit?.revision,
      kinds: annotations['applyset.kubernetes.io/contains-group-kinds'],
      verdict: annotations['headgate.dev/verdict'] === 'unchanged' ? 'deployed' : annotations['headgate.dev/verdict'],
      lease,
      dirty,
      spare,
      count,
      attempt,
      isPendingOver: pendingOn === null || pendingOn === commit?.revision,
      isEveryShardListed: JSON.stringify(shards.toSorted()) === JSON.stringify(listed),
    },
    inventory,
    shards: shards.map(named),
  };
}

async function list(
  api: Api,
  target: string,
  { collection, apiVersion, kind }: (typeof KINDS)[number],
): Promise<readonly JsonObject[]> {
  const items = (await api.get(collection.replace('TARGET', target)))?.['items'];
  return (Array.isArray(items) ? (items as JsonObject[]) : []).map((item) => ({ ...item, apiVersion, kind }));
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  return isObject(metadata) ? metadata : {};
}

function nameOf(object: JsonObject): string {
  return textOf(metadataOf(object)['name']);
}

function idOf(object: JsonObject): string {
  const namespace = textOf(metadataOf(object)['namespace']);
  const group = textOf(object['apiVersion']).split('/').at(-2) ?? '';
  return formatId({ group, kind: textOf(object['kind']), namespace, name: nameOf(object) });
}

function isKubernetes(object: JsonObject): boolean {
  return nameOf(object) === 'kube-root-ca.crt' || idOf(object).endsWith('/default');
}

export function stateOf(parent: JsonObject): JsonObject {
  const data = isObject(parent['data']) ? parent['data'] : {};
  return JSON.parse(textOf(data['state']) || '{}') as JsonObject;
}

function entriesOf(object: JsonObject): readonly Entry[] {
  const binary = isObject(object['binaryData']) ? object['binaryData'] : {};
  const text = textOf(binary['inventory']);
  return text === '' ? [] : decodeEntries(text, nameOf(object));
}

/** The hash that the inventory should record for each object in Git. */
function hashesOf(
  files: Readonly<Record<string, string>>,
  { target, namespace }: Place,
): ReadonlyMap<string, string | null> {
  const set = applySetId({ name: target, namespace });
  return new Map(
    Object.entries(files).flatMap(([path, text]) =>
      readManifests({ path, bytes: Buffer.from(text) }).manifests.map((manifest): [string, string | null] => {
        const id = { group: manifest.group, kind: manifest.kind, namespace, name: manifest.name };
        const { apiVersion, object, source, isHidden } = manifest;
        const resource = { id, apiVersion, object, source, isHidden };
        return [formatId(id), contentHash(bodyOf(resource, set), resource)];
      }),
    ),
  );
}

/** One entry, compared with its object. */
function rowOf(
  { id, file, uid, hash, version, pending, managedFieldsHash: marks }: Entry,
  {
    live,
    hashes,
    target,
  }: { live: ReadonlyMap<string, JsonObject>; hashes: ReadonlyMap<string, string | null>; target: string },
): string {
  const metadata = metadataOf(live.get(formatId(id)) ?? {});
  const fields = [
    formatId(id).replaceAll(target, 'TARGET'),
    file,
    uid === metadata['uid'] ? 'its uid' : 'another uid',
    hash === hashes.get(formatId(id)) ? 'its hash' : 'another hash',
    version?.kind === 'resourceVersion' && version.value === textOf(metadata['resourceVersion'])
      ? 'its version'
      : `another version`,
    marks === null ? 'no marks' : 'marks',
    pending === null ? 'settled' : 'pending',
  ];
  return fields.join(', ');
}

/** The parts of an object that do not depend on its namespace or on time. Its status does. */
function bare(object: JsonObject, namespace: string): unknown {
  const { metadata: _metadata, status: _status, ...rest } = object;
  const { labels, annotations, managedFields, finalizers } = metadataOf(object);
  const managers = (Array.isArray(managedFields) ? managedFields : []).flatMap((entry) =>
    isObject(entry) && entry['subresource'] !== 'status'
      ? [`${textOf(entry['manager'])} ${textOf(entry['operation'])} ${JSON.stringify(entry['fieldsV1'])}`]
      : [],
  );
  const text = JSON.stringify({ ...rest, labels, annotations, finalizers, managers: managers.toSorted() });
  return JSON.parse(
    text
      .replaceAll(setOf(namespace, namespace), 'SET')
      .replaceAll(setOf(pairOf(namespace).first, namespace), 'FIRST SET')
      .replaceAll(setOf(pairOf(namespace).second, namespace), 'SECOND SET')
      .replaceAll(namespace, 'TARGET')
      .replaceAll(/"clusterIPs?":("[^"]*"|\[[^\]]*\])/g, '"clusterIP":"any"'),
  ) as unknown;
}

function setOf(target: string, namespace: string): string {
  return applySetId({ name: target, namespace });
}
