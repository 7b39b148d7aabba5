import { canonicalJson, shortHash } from '../../resource/json.ts';
import { hidesValues, isObject, isSecret, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject, Resource } from '../../resource/resource.ts';

/** KEP-3659: who belongs to which set. */
export const PART_OF = 'applyset.kubernetes.io/part-of';
export const SOURCE = 'headgate.dev/source';

/** The server's own fields, which a file has when it was written by `kubectl get -o yaml`. */
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

/** What is sent for a resource: as Git has it, without what only the server sets, with our two marks. */
export function bodyOf(resource: Resource, applySetId: string): JsonObject {
  const { status: _status, metadata: written, ...rest } = resource.object;
  const metadata = Object.fromEntries(
    Object.entries(isObject(written) ? written : {}).filter(([key]) => !SERVER_FIELDS.has(key)),
  );
  return {
    ...(isSecret(resource) ? withoutStringData(rest) : rest),
    metadata: {
      ...metadata,
      ...(resource.id.namespace === '' ? {} : { namespace: resource.id.namespace }),
      labels: { ...mapOf(metadata['labels']), [PART_OF]: applySetId },
      annotations: { ...mapOf(metadata['annotations']), [SOURCE]: resource.source.path },
    },
  };
}

function mapOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** `stringData` is write-only: a key that leaves it would stay in the cluster's `data` for ever. */
function withoutStringData(secret: JsonObject): JsonObject {
  const { stringData, ...rest } = secret;
  if (!isObject(stringData) || Object.values(stringData).some((value) => typeof value !== 'string')) return secret;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(textOf(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...mapOf(rest['data']), ...Object.fromEntries(encoded) } };
}

/** Of everything that is sent; null where values are hidden: a hash would let a reader of the state guess them. */
export function contentHash(body: JsonObject, resource: Resource): string | null {
  if (hidesValues(resource)) return null;
  return shortHash(canonicalJson(body));
}
