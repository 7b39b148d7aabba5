import { DeployError, failureClassOf } from '../../error/deploy-error.ts';
import { healthOf } from '../../health/health.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { withPods } from '../../health/pods.ts';
import { READY, progressing } from '../../health/readiness.ts';
import type { SeenHealth } from '../../deploy/ports/readiness.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Connection } from '../api/connection.ts';
import { collectionPath, objectPath, pathSegment } from '../api/kinds.ts';
import type { KindCache } from '../api/kinds.ts';
import { labelSelectorOf } from '../api/label-selector.ts';
import { problemOf } from '../api/status.ts';
import type { WatchSource } from './watched.ts';

export interface ReadHealthContext {
  readonly connection: Connection;
  readonly kinds: KindCache;
  readonly nowMs: () => number;
}

/** The result of checking one object. `watch`: what to watch for changes, from the version that was read. */
export interface HealthCheck {
  readonly health: SeenHealth;
  readonly watch: readonly WatchSource[];
}

/** More pods than this do not help to find the cause. */
const PODS = 200;

/** An object that cannot be read is `unknown`, with the server's message. @throws DeployError if the cluster does not respond. */
export async function readHealth(
  object: AwaitedObject,
  context: ReadHealthContext,
  signal: AbortSignal,
): Promise<HealthCheck> {
  const { id, apiVersion, mayVanish } = object;
  const kind = context.kinds.find({ apiVersion, kind: id.kind });
  if (kind === null) return { health: progressing(`${id.kind} in ${apiVersion} is not served`), watch: [] };
  try {
    const live = await readObject(objectPath(kind, id), context, signal);
    if (live === null) return { health: mayVanish ? READY : progressing('it does not exist'), watch: [] };
    const source = { collection: collectionPath(kind, id.namespace), of: { name: id.name }, version: versionOf(live) };
    const check = await judge(live, { object, context }, signal);
    return { health: check.health, watch: [source, ...check.watch] };
  } catch (thrown) {
    if (!(thrown instanceof DeployError) || isClusterFailure(thrown)) throw thrown;
    return { health: { kind: 'unknown', reason: thrown.message }, watch: [] };
  }
}

/** Thrown, because it concerns all objects and must be reported once. */
function isClusterFailure({ code }: DeployError): boolean {
  return failureClassOf(code) === 'external' && code !== 'cluster-broken';
}

async function judge(
  live: JsonObject,
  { object: { id }, context }: { object: AwaitedObject; context: ReadHealthContext },
  signal: AbortSignal,
): Promise<HealthCheck> {
  const surroundings = { nowMs: context.nowMs(), waitsForConsumer: false };
  const health = healthOf(live, surroundings);
  if (health.kind !== 'progressing') return { health, watch: [] };
  if (id.group === '' && id.kind === 'PersistentVolumeClaim') {
    const waitsForConsumer = await isBoundByConsumer(live, context, signal);
    return { health: healthOf(live, { ...surroundings, waitsForConsumer }), watch: [] };
  }
  const selector = labelSelectorOf(live);
  if (!['apps', 'batch'].includes(id.group) || selector === null) return { health, watch: [] };
  const query = `?labelSelector=${encodeURIComponent(selector)}`;
  const pods = `/api/v1/namespaces/${pathSegment(id.namespace)}/pods`;
  const sets = `/apis/apps/v1/namespaces/${pathSegment(id.namespace)}/replicasets${query}`;
  try {
    const [podList, replicaSets] = await Promise.all([
      list(`${pods}${query}&limit=${PODS}`, context, signal),
      id.kind === 'Deployment' ? list(sets, context, signal) : NO_ITEMS,
    ]);
    const children = { pods: podList.items, replicaSets: replicaSets.items };
    return {
      health: withPods(health, live, children),
      watch: [{ collection: pods, of: { labels: selector }, version: podList.version }],
    };
  } catch (thrown) {
    // Without the right to read pods, use only the object's own status.
    if (thrown instanceof DeployError && thrown.code === 'manifest-forbidden') return { health, watch: [] };
    throw thrown;
  }
}

/** Null if it does not exist. */
async function readObject(
  path: string,
  { connection }: ReadHealthContext,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  const answer = await connection.request({ method: 'GET', path }, signal);
  if (answer.status === 404) return null;
  if (answer.status >= 300) throw await problemOf(answer, { subject: path, secret: false });
  const object = parseJson(answer.text);
  return isObject(object) ? object : null;
}

interface Items {
  readonly items: readonly JsonObject[];
  readonly version: string;
}

const NO_ITEMS: Items = { items: [], version: '' };

async function list(path: string, context: ReadHealthContext, signal: AbortSignal): Promise<Items> {
  const found = await readObject(path, context, signal);
  const items: readonly Json[] = Array.isArray(found?.['items']) ? found['items'] : [];
  return { items: items.filter((item) => isObject(item)), version: found === null ? '' : versionOf(found) };
}

function versionOf({ metadata }: JsonObject): string {
  return isObject(metadata) ? textOf(metadata['resourceVersion']) : '';
}

/** A class with WaitForFirstConsumer leaves a claim pending until a pod uses it. */
async function isBoundByConsumer(claim: JsonObject, context: ReadHealthContext, signal: AbortSignal): Promise<boolean> {
  const name = isObject(claim['spec']) ? textOf(claim['spec']['storageClassName']) : '';
  if (name === '') return false;
  const path = `/apis/storage.k8s.io/v1/storageclasses/${pathSegment(name)}`;
  try {
    const storageClass = await readObject(path, context, signal);
    return storageClass?.['volumeBindingMode'] === 'WaitForFirstConsumer';
  } catch (thrown) {
    if (thrown instanceof DeployError && thrown.code === 'manifest-forbidden') return false;
    throw thrown;
  }
}
