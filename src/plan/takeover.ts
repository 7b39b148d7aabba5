import { isObject, textOf } from '../resource/resource.ts';
import type { Json, JsonObject } from '../resource/resource.ts';
import type { LiveMetadata } from './ownership.ts';

/** RFC 6902. */
export interface PatchOperation {
  readonly op: 'replace' | 'remove';
  readonly path: string;
  readonly value?: Json;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MANAGER = 'headgate';

/**
 * Whose share of an object becomes ours when we meet it: people with kubectl, what was there before anybody applied, and
 * our own name's updates. A manager of a subresource (a scale, a status) is a controller at work, and stays.
 */
export function isTakenOver(entry: Json): boolean {
  if (!isObject(entry) || textOf(entry['subresource']) !== '') return false;
  const manager = textOf(entry['manager']);
  const isUpdate = entry['operation'] === 'Update';
  return manager.startsWith('kubectl') || (isUpdate && (manager === 'before-first-apply' || manager === MANAGER));
}

/**
 * Without it a line that is deleted in Git would stay in the cluster, because another manager co-owns it. Null when there
 * is nothing to take over. Bound to the version that was read.
 */
export function takeoverPatch({
  managedFields,
  annotations,
  resourceVersion,
}: LiveMetadata): readonly PatchOperation[] | null {
  const taken = managedFields.filter((entry) => isTakenOver(entry));
  if (taken.length === 0) return null;
  const ours = managedFields.find((entry) => isOurApply(entry)) ?? null;
  const rest = managedFields.filter((entry) => entry !== ours && !taken.includes(entry));
  const lastApplied: PatchOperation = {
    op: 'remove',
    path: `/metadata/annotations/${LAST_APPLIED.replace('/', '~1')}`,
  };
  return [
    { op: 'replace', path: '/metadata/managedFields', value: [...rest, joined(ours, taken)] },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    ...(LAST_APPLIED in annotations ? [lastApplied] : []),
  ];
}

function isOurApply(entry: Json): boolean {
  return isObject(entry) && entry['manager'] === MANAGER && entry['operation'] === 'Apply';
}

/** One entry that holds what all of them held. */
function joined(ours: Json, taken: readonly Json[]): JsonObject {
  const all = [ours, ...taken].filter((entry) => isObject(entry));
  const [first = {}] = all;
  const fields = all.map((entry) => entry['fieldsV1']).filter((each) => isObject(each));
  return {
    manager: MANAGER,
    operation: 'Apply',
    apiVersion: first['apiVersion'] ?? '',
    ...(first['time'] === undefined ? {} : { time: first['time'] }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields.reduce((sum, each) => merge(sum, each), {}),
  };
}

/** FieldsV1 is a tree of keys whose leaves are empty objects. */
function merge(a: JsonObject, b: JsonObject): JsonObject {
  const common = Object.entries(b).map(([key, value]): [string, Json] => {
    const before = a[key];
    return [key, isObject(before) && isObject(value) ? merge(before, value) : value];
  });
  return { ...a, ...Object.fromEntries(common) };
}
