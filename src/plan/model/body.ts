import { canonicalJson, shortHash } from '../../resource/json.ts';
import { hidesValues, isObject, isSecret, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject, Resource } from '../../resource/resource.ts';

/** The label that makes an object part of an ApplySet (KEP-3659). */
export const PART_OF = 'applyset.kubernetes.io/part-of';
export const SOURCE = 'headgate.dev/source';

/** Set by the server; found in manifests that were written by `kubectl get -o yaml`. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** The body to apply: the manifest without the fields that only the server sets, plus Headgate's label and annotation. */
export function bodyOf(resource: Resource, applySetId: string): JsonObject {
  const { status: _status, metadata: written, ...rest } = resource.object;
  const metadata = Object.fromEntries(
    Object.entries(isObject(written) ? written : {}).filter(([key]) => !SERVER_FIELDS.has(key)),
  );
  return {
    ...specOf(rest, resource),
    metadata: {
      ...metadata,
      ...(resource.id.namespace === '' ? {} : { namespace: resource.id.namespace }),
      labels: { ...mapOf(metadata['labels']), [PART_OF]: applySetId },
      annotations: { ...mapOf(metadata['annotations']), [SOURCE]: resource.source.path },
    },
  };
}

/** Without what a manifest cannot own: what is only written, or what a controller fills in. */
function specOf(rest: JsonObject, resource: Resource): JsonObject {
  if (isSecret(resource)) return withoutStringData(rest);
  return isAggregated(resource) ? withoutRules(rest) : rest;
}

function isAggregated({ id, object }: Resource): boolean {
  return id.group === 'rbac.authorization.k8s.io' && id.kind === 'ClusterRole' && isObject(object['aggregationRule']);
}

/** The controller collects them from other ClusterRoles. In a manifest, they are a copy from `kubectl get -o yaml`. */
function withoutRules({ rules: _rules, ...role }: JsonObject): JsonObject {
  return role;
}

function mapOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Moves `stringData` into `data`. It is write-only: a key removed from it would stay in the live `data` forever. */
function withoutStringData(secret: JsonObject): JsonObject {
  const { stringData, ...rest } = secret;
  if (!isObject(stringData) || Object.values(stringData).some((value) => typeof value !== 'string')) return secret;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(textOf(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...mapOf(rest['data']), ...Object.fromEntries(encoded) } };
}

/** A hash of the whole body, or null if values are hidden: a hash would let a reader of the state guess them. */
export function contentHash(body: JsonObject, resource: Resource): string | null {
  if (hidesValues(resource)) return null;
  return shortHash(canonicalJson(body));
}
