import { healthOf } from '../../health/health.ts';
import { podHealth } from '../../health/pod.ts';
import type { Health } from '../../health/readiness.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject, ResourceId } from '../../resource/resource.ts';
import { listAll } from '../api/list.ts';
import { pathSegment } from '../api/kinds.ts';
import type { ReadHealthContext } from './read-health.ts';
import { readEvents } from './read-events.ts';
import type { SeenEvent } from './read-events.ts';

/** What a controller made, directly or not, from something else. */
export interface Descendant {
  readonly id: ResourceId;
  readonly uid: string;
  /** The uid of its controller. */
  readonly owner: string;
  readonly health: Health;
}

export interface Descendants {
  readonly found: readonly Descendant[];
  /** About any object of these namespaces. */
  readonly events: readonly SeenEvent[];
  /** `pods in shop`: listing them is forbidden. */
  readonly forbidden: readonly string[];
}

const KINDS = [
  { api: '/apis/apps/v1', plural: 'replicasets', group: 'apps', kind: 'ReplicaSet' },
  { api: '/apis/batch/v1', plural: 'jobs', group: 'batch', kind: 'Job' },
  { api: '/api/v1', plural: 'pods', group: '', kind: 'Pod' },
] as const;

/** The ReplicaSets, Jobs and Pods of these namespaces that have a controller, as a person wants to see them: for reading only. */
export async function readDescendants(
  namespaces: readonly string[],
  { connection, nowMs }: Pick<ReadHealthContext, 'connection' | 'nowMs'>,
  signal: AbortSignal,
): Promise<Descendants> {
  const wanted = namespaces.flatMap((namespace) => KINDS.map((kind) => ({ ...kind, namespace })));
  const [seen, ...lists] = await Promise.all([
    readEvents(namespaces, connection, signal),
    ...wanted.map(async ({ api, plural, group, kind, namespace }) => {
      const path = `${api}/namespaces/${pathSegment(namespace)}/${plural}?`;
      const { found, refusal } = await listAll({ path, accept: 'application/json' }, connection, signal);
      const objects = found.flatMap((object) => descendantOf(object, { group, kind, nowMs: nowMs() }));
      return { found: objects, forbidden: refusal === null ? [] : [`${plural} in ${namespace}`] };
    }),
  ]);
  return {
    found: lists.flatMap(({ found }) => found),
    events: seen.found,
    forbidden: [...lists.flatMap(({ forbidden }) => forbidden), ...seen.forbidden],
  };
}

function descendantOf(
  item: JsonObject,
  { group, kind, nowMs }: { readonly group: string; readonly kind: string; readonly nowMs: number },
): readonly Descendant[] {
  const metadata = isObject(item['metadata']) ? item['metadata'] : {};
  const owner = controllerOf(metadata);
  // A ReplicaSet of an earlier rollout.
  if (owner === null || (kind === 'ReplicaSet' && isObject(item['spec']) && item['spec']['replicas'] === 0)) return [];
  const id = { group, kind, namespace: textOf(metadata['namespace']), name: textOf(metadata['name']) };
  // The items of a list have no kind.
  const object = { ...item, apiVersion: group === '' ? 'v1' : `${group}/v1`, kind };
  const health = kind === 'Pod' ? podHealth(object, { nowMs }) : healthOf(object, { nowMs, waitsForConsumer: false });
  return [{ id, uid: textOf(metadata['uid']), owner, health }];
}

function controllerOf({ ownerReferences }: JsonObject): string | null {
  const references = Array.isArray(ownerReferences) ? ownerReferences.filter((each) => isObject(each)) : [];
  const controller = references.find((each) => each['controller'] === true) ?? references[0];
  return controller === undefined ? null : textOf(controller['uid']);
}
