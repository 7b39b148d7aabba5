import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { Legacy } from './adoption.ts';
import type { LiveMetadata } from '../model/facts.ts';

/** RFC 6902. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: Json;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MANAGER = 'headgate';
/** Commands of kubectl that change single fields, and do not apply a manifest. */
const KUBECTL_EDIT = /^kubectl-(annotate|autoscale|edit|label|patch|rollout|set|taint)$/;

/**
 * The managedFields entries that the first apply takes over: kubectl's, `before-first-apply`, Headgate's own updates, and
 * the former owner's of an adopted object. A manager of a subresource (scale, status) is an active controller and stays.
 * An edit (`kubectl annotate`, `rollout restart`) of an object that another target released stays, as it stayed there.
 */
export function takenEntries(managedFields: readonly Json[], legacy: Pick<Legacy, 'managers'>): readonly Json[] {
  return managedFields.filter(takeoverRule(managedFields, legacy));
}

/** `managedFields`: of the live object, before the first apply. */
export function takeoverRule(
  managedFields: readonly Json[],
  legacy: Pick<Legacy, 'managers'>,
): (entry: Json) => boolean {
  const wasOurs = managedFields.some((entry) => isOurApply(entry));
  return (entry) => isTakenOver(entry, legacy, wasOurs);
}

function isTakenOver(entry: Json, { managers }: Pick<Legacy, 'managers'>, wasOurs: boolean): boolean {
  if (!isObject(entry) || textOf(entry['subresource']) !== '') return false;
  const manager = textOf(entry['manager']);
  const isUpdate = entry['operation'] === 'Update';
  if (managers.includes(manager)) return true;
  if (wasOurs && KUBECTL_EDIT.test(manager)) return false;
  return manager.startsWith('kubectl') || (isUpdate && (manager === 'before-first-apply' || manager === MANAGER));
}

/**
 * Without it, a line deleted in Git would stay in the cluster because another manager co-owns it. Null if there is nothing
 * to take over. Bound to the resourceVersion that was read. `migrateTo`: the new apiVersion of our managedFields entry,
 * needed if the recorded one blocks the apply.
 */
export function takeoverPatch(
  { managedFields, labels, annotations, resourceVersion }: LiveMetadata,
  legacy: Legacy,
  migrateTo: string | null = null,
): readonly PatchOperation[] | null {
  const taken = takenEntries(managedFields, legacy);
  const marks = removedMarks(legacy, taken);
  const removals = [
    ...removalsOf('labels', labels, marks.labels),
    ...removalsOf('annotations', annotations, marks.annotations),
  ];
  const version: PatchOperation = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
  const own = managedFields.find((entry) => isOurApply(entry)) ?? null;
  const isStale =
    migrateTo !== null && [own, ...taken].some((entry) => isObject(entry) && entry['apiVersion'] !== migrateTo);
  if (taken.length === 0 && !isStale) return removals.length === 0 ? null : [version, ...removals];
  const rest = managedFields.filter((entry) => entry !== own && !taken.includes(entry));
  return [
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [...rest, mergeEntries(own, taken, isStale ? migrateTo : null)],
    },
    version,
    ...removals,
  ];
}

/** Labels and annotations by which a former owner would still claim the object. */
export function removedMarks(
  legacy: Legacy,
  taken: readonly Json[],
): { readonly labels: readonly string[]; readonly annotations: readonly string[] } {
  const { labels, annotations } = legacy;
  return { labels, annotations: taken.length === 0 ? annotations : [...annotations, LAST_APPLIED] };
}

/** Removes those of the keys that the object has. */
export function removalsOf(
  map: 'labels' | 'annotations',
  live: Readonly<Record<string, string>>,
  keys: readonly string[],
): readonly PatchOperation[] {
  return keys
    .filter((key) => key in live)
    .map((key) => ({ op: 'remove', path: `/metadata/${map}/${key.replace('/', '~1')}` }));
}

export function isOurApply(entry: Json): boolean {
  return isObject(entry) && entry['manager'] === MANAGER && entry['operation'] === 'Apply';
}

/** Merges the fields of all entries into one. */
function mergeEntries(own: Json, taken: readonly Json[], apiVersion: string | null): JsonObject {
  const all = [own, ...taken].filter((entry) => isObject(entry));
  const [first = {}] = all;
  return {
    manager: MANAGER,
    operation: 'Apply',
    apiVersion: apiVersion ?? first['apiVersion'] ?? '',
    ...(first['time'] === undefined ? {} : { time: first['time'] }),
    fieldsType: 'FieldsV1',
    fieldsV1: mergedFields(all),
  };
}

export function mergedFields(entries: readonly Json[]): JsonObject {
  return entries
    .map((entry) => (isObject(entry) ? entry['fieldsV1'] : undefined))
    .filter((fields) => isObject(fields))
    .reduce((sum, fields) => merge(sum, fields), {});
}

/** FieldsV1 is a tree of keys whose leaves are empty objects. */
function merge(a: JsonObject, b: JsonObject): JsonObject {
  const common = Object.entries(b).map(([key, value]): [string, Json] => {
    const before = a[key];
    return [key, isObject(before) && isObject(value) ? merge(before, value) : value];
  });
  return { ...a, ...Object.fromEntries(common) };
}

/** Whether `k:{…}` names this item of a keyed list. */
export function matchesKey(name: string, item: Json | undefined): boolean {
  const keys: unknown = JSON.parse(name.slice(2));
  if (typeof keys !== 'object' || keys === null || !isObject(item)) return false;
  return Object.entries(keys).every(([key, value]) => item[key] === value);
}
