import { createHash } from 'node:crypto';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

/**
 * `digest` of Chart.lock: a hash of the dependencies as Chart.yaml has them and as they are locked (helm,
 * internal/resolver, HashReq). It shows that the lock was made for this Chart.yaml.
 */
export function lockDigest(wanted: readonly JsonObject[], locked: readonly JsonObject[]): string {
  const lists = [wanted, locked].map((list) => list.map((each) => asGo(each)));
  return `sha256:${createHash('sha256').update(goJson(lists)).digest('hex')}`;
}

/** The fields of Go's `Dependency` in their order; an empty one is left out, except for the name and the repository. */
function asGo(dependency: JsonObject): JsonObject {
  const { name = '', repository = '' } = dependency;
  const optional = (key: string) => {
    const value = dependency[key];
    const isEmpty = value === undefined || value === null || value === '' || value === false;
    return isEmpty || (Array.isArray(value) && value.length === 0) ? {} : { [key]: value };
  };
  return {
    name,
    ...optional('version'),
    repository,
    ...['condition', 'tags', 'enabled', 'import-values', 'alias'].reduce<JsonObject>(
      (all, key) => ({ ...all, ...optional(key) }),
      {},
    ),
  };
}

/** As Go's encoding/json writes it: keys of other maps sorted, and what HTML reads as markup escaped. */
function goJson(value: Json, isSorted = false): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => goJson(item, isSorted)).join(',')}]`;
  if (!isObject(value)) return escaped(typeof value === 'bigint' ? String(value) : JSON.stringify(value));
  const entries = Object.entries(value);
  const ordered = isSorted ? entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : entries;
  // Only what import-values hold is a map of Go.
  return `{${ordered.map(([key, child]) => `${escaped(JSON.stringify(key))}:${goJson(child, true)}`).join(',')}}`;
}

function escaped(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
