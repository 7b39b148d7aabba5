import type { LiveMetadata } from '../model/facts.ts';
import type { Legacy } from './adoption.ts';
import type { PatchOperation } from './takeover.ts';
import { isOurApply, matchesKey, mergedFields, removedMarks, takeoverRule } from './takeover.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

/** The live object, read with its managedFields, and the dry run of its apply without a takeover. */
export interface Untaken {
  readonly before: JsonObject;
  readonly applied: JsonObject;
}

/**
 * A dry run cannot show an apply that follows a takeover, because it cannot be based on another dry run. This is the
 * patch that has the same result: the dry run of the apply, without the fields that only the takeover lets it remove.
 * The server fills in their defaults. Null if the takeover removes nothing.
 */
export function takenFieldsPatch(
  { before, applied }: Untaken,
  { live, legacy }: { live: LiveMetadata; legacy: Legacy },
): readonly PatchOperation[] | null {
  const isTaken = takeoverRule(live.managedFields, legacy);
  const taken = live.managedFields.filter(isTaken);
  const last = mergedFields([...live.managedFields.filter((entry) => isOurApply(entry)), ...taken]);
  const kept = mergedFields(managedFieldsOf(applied).filter((entry) => !isTaken(entry)));
  const pruned = withoutFields(applied, { last, kept });
  const { labels, annotations } = removedMarks(legacy, taken);
  const marks = { 'f:metadata': { 'f:labels': fieldsOf(labels), 'f:annotations': fieldsOf(annotations) } };
  const own = mergedFields(managedFieldsOf(applied).filter((entry) => isOurApply(entry)));
  const after = withoutFields(pruned, { last: marks, kept: own });
  return after === applied ? null : replacing(before, after);
}

function managedFieldsOf({ metadata }: JsonObject): readonly Json[] {
  const entries = isObject(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(entries) ? entries : [];
}

function fieldsOf(keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
}

interface Ownership {
  /** FieldsV1 of what the applying manager owned before: removed unless it is kept. */
  readonly last: JsonObject;
  /** FieldsV1 of what the applying manager and all others own afterwards. */
  readonly kept: JsonObject;
}

/**
 * As the server prunes (structured-merge-diff, `merge/update.go`). The same object if nothing is removed. FieldsV1 does not
 * show whether a key is a field or belongs to a map of objects, whose keys the server treats as items: if another manager
 * owns a part of such an object, the server removes all of it, and this only the rest.
 */
function withoutFields(object: JsonObject, { last, kept }: Ownership): JsonObject {
  const remaining = Object.entries(object).map(([key, value]): readonly [string, Json | undefined] => [
    key,
    withoutField(value, last[`f:${key}`], kept[`f:${key}`]),
  ]);
  if (remaining.every(([key, value]) => value === object[key])) return object;
  return Object.fromEntries(remaining.filter((field): field is readonly [string, Json] => field[1] !== undefined));
}

/** A field is owned as soon as one of the fields below it is. */
function withoutField(value: Json, last: Json | undefined, kept: Json | undefined): Json | undefined {
  if (!isObject(last)) return value;
  if (!isObject(kept)) return undefined;
  if (Array.isArray(value)) return emptied(value, withoutItems(value, { last, kept }));
  return isObject(value) ? emptied(value, withoutFields(value, { last, kept })) : value;
}

/** The server makes null of a map or list that it empties, which a custom resource may not allow. */
function emptied(value: Json, left: JsonObject | readonly Json[]): Json {
  return left !== value && Object.keys(left).length === 0 ? null : left;
}

/** An item of a list has an owner apart from the owners of its fields (`.`). */
function withoutItems(items: readonly Json[], { last, kept }: Ownership): readonly Json[] {
  const remaining = items.flatMap((item) => {
    const key = Object.keys(last).find((name) => isKeyOf(name, item));
    const own = key === undefined ? undefined : last[key];
    if (key === undefined || !isObject(own)) return [item];
    const others = isObject(kept[key]) ? kept[key] : null;
    if (isItself(own) && (others === null || !isItself(others))) return [];
    return [isObject(item) ? withoutFields(item, { last: own, kept: others ?? {} }) : item];
  });
  return remaining.length === items.length && remaining.every((item, index) => item === items[index])
    ? items
    : remaining;
}

function isItself(fields: JsonObject): boolean {
  return '.' in fields || Object.keys(fields).length === 0;
}

/** `k:{…}` names an item by its key, `v:…` by its value. */
function isKeyOf(name: string, item: Json): boolean {
  return name.startsWith('v:') ? JSON.parse(name.slice(2)) === item : name.startsWith('k:') && matchesKey(name, item);
}

/** What a manifest sets of the metadata. */
const METADATA: readonly string[] = ['annotations', 'finalizers', 'labels', 'ownerReferences'];
const NOT_APPLIED: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function replacing(before: JsonObject, after: JsonObject): readonly PatchOperation[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !NOT_APPLIED.has(key));
  const metadata = { before: metadataOf(before), after: metadataOf(after) };
  return [
    ...keys.flatMap((key) => operation(key, '', { before, after })),
    ...METADATA.flatMap((key) => operation(key, '/metadata', metadata)),
  ];
}

function operation(
  key: string,
  parent: string,
  { before, after }: { before: JsonObject; after: JsonObject },
): readonly PatchOperation[] {
  const path = `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const value = after[key];
  // RFC 6902: `add` replaces a member that exists.
  if (value !== undefined) return [{ op: 'add', path, value }];
  return key in before ? [{ op: 'remove', path }] : [];
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) ? metadata : {};
}
