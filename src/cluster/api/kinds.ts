import { DeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, Manifest, ResourceId } from '../../resource/resource.ts';
import { BUILTIN_KINDS } from './builtin-kinds.ts';
import type { Connection } from './connection.ts';
import { problemOf } from './status.ts';

/** A kind that the cluster serves, with the parts of its URLs. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly isListable: boolean;
  /** It has `spec.replicas`, which autoscalers set through its scale. */
  readonly isScalable: boolean;
  /** False for what is only computed, such as the usage of pods. */
  readonly isDeletable: boolean;
}

/** The kinds of one cluster, for the lifetime of the cache. Built-in kinds cost no request. */
export interface KindCache {
  /** Null: not known to be served. */
  find(of: Pick<Manifest, 'apiVersion' | 'kind'>): Kind | null;
  /** Is there a kind of this name, in whatever group? */
  hasNamed(kind: string): boolean;
  /** In this version, or else in another one of its group: an object outlives the version it was written in. */
  findAny(of: Pick<Manifest, 'apiVersion' | 'kind'>): Kind | null;
  /** Reads the cluster's discovery if one of these kinds is not known. */
  learn(
    connection: Connection,
    manifests: readonly Pick<Manifest, 'apiVersion' | 'kind'>[],
    signal: AbortSignal,
  ): Promise<void>;
  refresh(connection: Connection, signal: AbortSignal): Promise<void>;
  /** The API of this version is registered, but the server behind it does not answer: its kinds are not known. */
  isSilent(of: Pick<Manifest, 'apiVersion'>): boolean;
  /** Every kind that can be listed, once each, in the server's preferred version. */
  all(connection: Connection, signal: AbortSignal): Promise<readonly Kind[]>;
  /** Every kind in every version, as last discovered. */
  served(connection: Connection, signal: AbortSignal): Promise<readonly Kind[]>;
}

export function kindCache(): KindCache {
  let known = byKey(builtinKinds());
  let discovered: readonly Kind[] | null = null;
  let silent: ReadonlySet<string> = new Set();

  function find({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): Kind | null {
    return known.get(keyOf(apiVersion, kind)) ?? null;
  }

  async function refresh(connection: Connection, signal: AbortSignal): Promise<void> {
    const found = await discover(connection, signal);
    discovered = found.kinds;
    silent = found.silent;
    // Kinds discovered before may no longer be served.
    known = byKey([...builtinKinds(), ...found.kinds]);
  }

  return {
    find,
    refresh,
    hasNamed: (name) => [...known.values()].some(({ kind }) => kind === name),
    isSilent: ({ apiVersion }) => silent.has(apiVersion),
    findAny(of) {
      const group = groupOf(of.apiVersion);
      return find(of) ?? [...known.values()].find((kind) => kind.group === group && kind.kind === of.kind) ?? null;
    },
    async learn(connection, manifests, signal) {
      if (manifests.some((manifest) => find(manifest) === null)) await refresh(connection, signal);
    },
    async served(connection, signal) {
      if (discovered === null) await refresh(connection, signal);
      return discovered ?? [];
    },
    async all(connection, signal) {
      if (discovered === null) await refresh(connection, signal);
      const preferred = new Map<string, Kind>();
      for (const kind of discovered ?? []) {
        const key = `${kind.group}/${kind.kind}`;
        if (kind.isListable && !preferred.has(key)) preferred.set(key, kind);
      }
      return [...preferred.values()];
    },
  };
}

function byKey(kinds: readonly Kind[]): ReadonlyMap<string, Kind> {
  return new Map(kinds.map((kind) => [keyOf(apiVersionOf(kind), kind.kind), kind]));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

function keyOf(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}

export function apiVersionOf({ group, version }: Pick<Kind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

const SCALABLE: ReadonlySet<string> = new Set(['deployments', 'replicasets', 'replicationcontrollers', 'statefulsets']);

/** Rows of `group/version: Kind plural, …`; a `!` marks a cluster-scoped kind. */
function builtinKinds(): readonly Kind[] {
  return BUILTIN_KINDS.flatMap(([apiVersion, rows]) => {
    const group = groupOf(apiVersion);
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    return rows.split(', ').map((row) => {
      const [kind = '', plural = ''] = row.replace('!', '').split(' ');
      return {
        group,
        version,
        kind,
        plural,
        namespaced: !row.includes('!'),
        isListable: true,
        isScalable: SCALABLE.has(plural),
        isDeletable: true,
      };
    });
  });
}

const AGGREGATED = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';

interface Discovered {
  readonly kinds: readonly Kind[];
  /** Each apiVersion whose server does not answer. */
  readonly silent: ReadonlySet<string>;
}

/** Aggregated discovery (Kubernetes 1.27 and later): two requests return every kind. */
async function discover(connection: Connection, signal: AbortSignal): Promise<Discovered> {
  const groups = await readGroups(connection, signal);
  return {
    kinds: groups.flatMap((group) => kindsOfGroup(group)),
    silent: new Set(groups.flatMap((group) => staleVersions(group))),
  };
}

export async function readGroups(connection: Connection, signal: AbortSignal): Promise<readonly Json[]> {
  const lists = await Promise.all(
    ['/api', '/apis'].map(async (path) => {
      const answer = await connection.request({ method: 'GET', path, accept: AGGREGATED }, signal);
      if (answer.status >= 300) throw await problemOf(answer, { subject: path, secret: false });
      return parseJson(answer.text);
    }),
  );
  return lists.flatMap((list) => arrayOf(list, 'items'));
}

export function kindsOfGroup(group: Json): readonly Kind[] {
  const name = groupName(group);
  return arrayOf(group, 'versions').flatMap((version) =>
    arrayOf(version, 'resources').flatMap((resource) => {
      if (!isObject(resource) || !isObject(version)) return [];
      const responseKind = isObject(resource['responseKind']) ? resource['responseKind'] : {};
      return [
        {
          group: name,
          version: textOf(version['version']),
          kind: textOf(responseKind['kind']),
          plural: textOf(resource['resource']),
          namespaced: resource['scope'] === 'Namespaced',
          isListable: arrayOf(resource, 'verbs').includes('list'),
          isScalable: arrayOf(resource, 'subresources').some(
            (each) => isObject(each) && each['subresource'] === 'scale',
          ),
          isDeletable: arrayOf(resource, 'verbs').includes('delete'),
        },
      ];
    }),
  );
}

/** The versions of a group whose server does not answer, so that their kinds may be missing: `metrics.k8s.io/v1beta1` */
export function staleVersions(group: Json): readonly string[] {
  return arrayOf(group, 'versions').flatMap((version) =>
    isObject(version) && version['freshness'] === 'Stale' ? [`${groupName(group)}/${textOf(version['version'])}`] : [],
  );
}

function groupName(group: Json): string {
  const metadata = isObject(group) ? group['metadata'] : undefined;
  return isObject(metadata) ? textOf(metadata['name']) : '';
}

function arrayOf(value: Json, key: string): readonly Json[] {
  const found = isObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found : [];
}

/**
 * Encodes a name for a request path. The API server calls the same names invalid: an empty one would be a request for the
 * whole collection, and dots a request for another path. @throws DeployError `manifest-invalid`
 */
export function pathSegment(name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return encodeURIComponent(name);
  throw new DeployError('manifest-invalid', {
    subject: 'metadata',
    message: `"${name}" is not a valid name of an object or a namespace`,
    remedy: 'Use lowercase letters, digits and hyphens.',
  });
}

export function collectionPath({ group, version, plural, namespaced }: Kind, namespace: string): string {
  const api = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced && namespace !== '' ? `${api}/namespaces/${pathSegment(namespace)}/${plural}` : `${api}/${plural}`;
}

export function objectPath(kind: Kind, { namespace, name }: Pick<ResourceId, 'namespace' | 'name'>): string {
  return `${collectionPath(kind, namespace)}/${pathSegment(name)}`;
}

/** The kinds of an API are unknown while the server behind it does not answer: neither missing nor deleted. */
export function silentApi(apiVersion: string, subject: string): Problem {
  const service = apiVersion.split('/').toReversed().join('.');
  return {
    code: 'cluster-broken',
    subject,
    message: `the server of ${apiVersion} does not answer`,
    remedy: `Run kubectl get apiservice ${service} to see why, and repair the server behind it; Headgate retries.`,
  };
}
