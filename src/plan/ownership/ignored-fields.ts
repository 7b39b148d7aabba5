import type { IgnoreRule } from '../../config/checked/config.ts';
import type { Legacy } from './adoption.ts';
import { matchesKey, takenEntries } from './takeover.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject, ResourceId } from '../../resource/resource.ts';

/** The JSON pointers (RFC 6901) of the `ignore` rules that match this object. */
export function ignoredPaths(id: ResourceId, rules: readonly IgnoreRule[]): readonly string[] {
  const matches = (rule: IgnoreRule) =>
    (rule.group ?? id.group) === id.group &&
    (rule.kind ?? id.kind) === id.kind &&
    (rule.namespace ?? id.namespace) === id.namespace &&
    (rule.name ?? id.name) === id.name;
  return rules.filter((rule) => matches(rule)).flatMap(({ paths }) => paths);
}

/**
 * Omits a field that another manager owns, which gives up our ownership. A field without another owner is sent with its
 * live value: omitting it would reset it to its default. `takenOver`: what the first apply takes over; null afterwards.
 */
export function omitForeignFields(
  body: JsonObject,
  live: JsonObject,
  { pointers, takenOver }: { pointers: readonly string[]; takenOver: Legacy | null },
): JsonObject {
  return pointers.reduce((sent, pointer) => {
    const path = parsePointer(pointer);
    const value = read(live, path);
    if (value === undefined) return sent;
    return replace(sent, path, isOwnedByOthers(live, path, takenOver) ? undefined : value);
  }, body);
}

function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, key) => {
    if (isObject(at)) return at[key];
    return Array.isArray(at) ? at[Number(key)] : undefined;
  }, value);
}

/** Removes the field if `value` is undefined. Missing parents are not created. */
function replace(object: JsonObject, [key, ...rest]: readonly string[], value: Json | undefined): JsonObject {
  if (key === undefined) return object;
  const { [key]: at, ...others } = object;
  if (rest.length === 0) return value === undefined ? others : { ...object, [key]: value };
  if (isObject(at)) return { ...object, [key]: replace(at, rest, value) };
  if (!Array.isArray(at)) return object;
  const [index, ...below] = rest;
  return {
    ...object,
    [key]: at.map((item, i) => (String(i) === index && isObject(item) ? replace(item, below, value) : item)),
  };
}

/** managedFields are FieldsV1: `f:` marks a field, `k:{…}` an element of a keyed list, which a pointer names by index. */
function isOwnedByOthers(live: JsonObject, path: readonly string[], takenOver: Legacy | null): boolean {
  const metadata = isObject(live['metadata']) ? live['metadata'] : {};
  const entries: readonly Json[] = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const taken = takenOver === null ? [] : takenEntries(entries, takenOver);
  return (
    entries
      .filter((entry) => isObject(entry))
      // Entries that the apply takes over do not count.
      .filter((entry) => entry['manager'] !== 'headgate' && !taken.includes(entry))
      .some((entry) => owns(entry['fieldsV1'], { path, live }))
  );
}

function owns(
  fields: Json | undefined,
  { path: [key, ...rest], live }: { path: readonly string[]; live: Json | undefined },
): boolean {
  if (key === undefined) return fields !== undefined;
  if (!isObject(fields)) return false;
  if (isObject(live)) return owns(fields[`f:${key}`], { path: rest, live: live[key] });
  const item: Json | undefined = Array.isArray(live) ? live[Number(key)] : undefined;
  const element = Object.keys(fields).find((name) => name.startsWith('k:') && matchesKey(name, item));
  return element !== undefined && owns(fields[element], { path: rest, live: item });
}
