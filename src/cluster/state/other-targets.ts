import type { Problem } from '../../error/deploy-error.ts';
import type { TargetLocation } from '../../plan/model/facts.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { pathSegment } from '../api/kinds.ts';
import { METADATA_LIST } from '../api/metadata.ts';
import { originOf, parentName, readOrigin } from './parent.ts';
import type { ClusterRun } from './run.ts';
import { problemOf } from '../api/status.ts';

type Context = Pick<ClusterRun, 'connection' | 'target'>;

const PREFIX = parentName('');

/** The Headgate targets with these ids of ApplySets. */
export async function otherTargets(
  claims: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TargetLocation>> {
  const wanted = [...new Set(claims)].slice(0, 20).join(',');
  const selector = `labelSelector=${encodeURIComponent(`applyset.kubernetes.io/id in (${wanted})`)}`;
  const parents =
    (await listConfigMaps('', selector, context, signal)) ??
    (await listConfigMaps(context.target.namespace, selector, context, signal));
  return new Map(
    (parents ?? []).map((parent) => [
      metadataMap(parent, 'labels')['applyset.kubernetes.io/id'] ?? '',
      locationOf(parent),
    ]),
  );
}

/** Refuses a target whose namespace changed: everything it owns in the old one would be orphaned. */
export async function refuseMoved(context: Context, signal: AbortSignal): Promise<readonly Problem[]> {
  const { target, connection } = context;
  const name = parentName(target.name);
  const namesakes = await listConfigMaps('', `fieldSelector=metadata.name%3D${name}`, context, signal);
  const namespaces = (namesakes ?? [])
    .filter((each) => isHeadgateState(each))
    .map((each) => locationOf(each).namespace);
  const elsewhere = namespaces.filter((namespace) => namespace !== target.namespace);
  const problems = await Promise.all(
    elsewhere.map(async (namespace) => {
      const path = `/api/v1/namespaces/${pathSegment(namespace)}/configmaps/${pathSegment(name)}`;
      const answer = await connection.request({ method: 'GET', path }, signal);
      if (answer.status >= 300) return [];
      const object = parseJson(answer.text);
      return isObject(object) && readOrigin(object) === originOf(target) ? [moved(target, namespace)] : [];
    }),
  );
  return problems.flat();
}

function moved(target: Context['target'], from: string): Problem {
  const { name, namespace, cluster } = target;
  return {
    code: 'target-moved',
    subject: `target ${name}`,
    message: `has its state and objects in namespace ${from}, but headgate.yml sets namespace: ${namespace}`,
    remedy: `Set namespace: ${from} again, or run headgate uninstall ${name} --keep --cluster ${cluster.name} --namespace ${from} to release what it owns there.`,
  };
}

export function isHeadgateState(object: JsonObject): boolean {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const tooling = metadataMap(object, 'annotations')['applyset.kubernetes.io/tooling'] ?? '';
  return tooling.startsWith('headgate/') && metadata['deletionTimestamp'] === undefined;
}

export function locationOf(object: JsonObject): TargetLocation {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  return { name: textOf(metadata['name']).replace(PREFIX, ''), namespace: textOf(metadata['namespace']) };
}

/** Null: listing is forbidden. */
export async function listConfigMaps(
  namespace: string,
  selector: string,
  { connection }: Context,
  signal: AbortSignal,
): Promise<readonly JsonObject[] | null> {
  const path = `/api/v1/${namespace === '' ? '' : `namespaces/${namespace}/`}configmaps?${selector}`;
  const answer = await connection.request({ method: 'GET', path, accept: METADATA_LIST }, signal);
  if (answer.status === 403) return null;
  if (answer.status >= 300) throw await problemOf(answer, { subject: 'ConfigMaps', secret: false });
  const found = parseJson(answer.text);
  const items = isObject(found) && Array.isArray(found['items']) ? found['items'] : [];
  return items.filter((item) => isObject(item));
}
