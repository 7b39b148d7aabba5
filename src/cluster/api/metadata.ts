import { DeployError } from '../../error/deploy-error.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject, ResourceId } from '../../resource/resource.ts';
import { hasEnded, runsOnce } from '../../state/finished.ts';
import { hashManagedFields } from '../../state/managed-fields-hash.ts';
import type { ObservedVersion } from '../../state/inventory.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';

/** Metadata-only responses: a write costs the server less, and no Secret is returned. */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export function metadataOf(text: string): JsonObject {
  return readObject(text).metadata;
}

/** `status` is undefined if only the metadata was requested. */
export function readObject(text: string): { readonly metadata: JsonObject; readonly status: Json | undefined } {
  const object = parseJson(text);
  if (!isObject(object)) return { metadata: {}, status: undefined };
  return { metadata: isObject(object['metadata']) ? object['metadata'] : {}, status: object['status'] };
}

/** The object that a request was about, with these fields. @throws DeployError `cluster-broken` for any other answer */
export function answeredObject(
  text: string,
  { subject, fields }: { readonly subject: string; readonly fields: readonly string[] },
) {
  const object = readObject(text);
  if (fields.every((field) => textOf(object.metadata[field]) !== '')) return object;
  throw notTheObject(subject);
}

export function notTheObject(subject: string): DeployError {
  return new DeployError('cluster-broken', {
    subject,
    message: 'the response is not about the requested object',
    remedy: 'Check any proxy in front of the API server; Headgate retries.',
  });
}

/** What an object that is stored has. */
export const STORED = ['name', 'uid', 'resourceVersion'] as const;

/** Jobs and Pods are read whole: only their status shows whether they finished. */
export function acceptFor(id: Pick<ResourceId, 'group' | 'kind'>): string {
  return runsOnce(id) ? 'application/json' : METADATA_ONLY;
}

export function liveOf(metadata: JsonObject): LiveMetadata {
  return {
    uid: textOf(metadata['uid']),
    resourceVersion: textOf(metadata['resourceVersion']),
    labels: metadataMap({ metadata }, 'labels'),
    annotations: metadataMap({ metadata }, 'annotations'),
    deletionTimestamp: typeof metadata['deletionTimestamp'] === 'string' ? metadata['deletionTimestamp'] : null,
    finalizers: finalizersOf(metadata),
    managedFields: Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [],
  };
}

export function seenOf(metadata: JsonObject, status?: Json): ObservedVersion {
  const { generation } = metadata;
  const resourceVersion = textOf(metadata['resourceVersion']);
  return {
    uid: textOf(metadata['uid']),
    resourceVersion,
    version: {
      kind: generation === undefined ? 'resourceVersion' : 'generation',
      value: generation === undefined ? resourceVersion : textOf(generation),
      hasFinished: hasEnded(status),
    },
    managedFieldsHash: hashManagedFields(metadata),
  };
}

export function finalizersOf(metadata: JsonObject): readonly string[] {
  const { finalizers } = metadata;
  return Array.isArray(finalizers) ? finalizers.filter((name) => typeof name === 'string') : [];
}

/** When Headgate last changed the object, in milliseconds. Server-side apply keeps the time if nothing changes. */
export function lastChangeByUs(metadata: JsonObject): number | null {
  const entries: readonly Json[] = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const times = entries
    .filter((entry) => isObject(entry))
    .filter((entry) => entry['manager'] === 'headgate' && entry['operation'] === 'Apply')
    .map((entry) => Date.parse(textOf(entry['time'])))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? null : Math.max(...times);
}
