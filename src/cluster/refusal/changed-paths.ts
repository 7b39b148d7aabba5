import { parseJson } from '../../resource/json.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json } from '../../resource/resource.ts';

/**
 * The paths at which a manifest differs from the live object: what it adds or sets to another value, and what it no longer sets
 * although Headgate owns it (`owned`: FieldsV1). What the server or others added does not count.
 */
export function changedPaths(
  desired: Json,
  { live, owned }: { readonly live: Json | undefined; readonly owned: Json | undefined },
  path: string,
): readonly string[] {
  if (isEmpty(desired) && live === undefined) return [];
  if (isObject(desired) && isObject(live)) {
    const inner = Object.entries(desired).flatMap(([key, value]) =>
      changedPaths(value, { live: live[key], owned: fieldOf(owned, `f:${key}`) }, below(path, key)),
    );
    const removed = keysOf(owned).filter((key) => key.startsWith('f:') && !(key.slice(2) in desired));
    return [...inner, ...removed.map((key) => below(path, key.slice(2)))];
  }
  if (Array.isArray(desired) && Array.isArray(live)) return changedItems(desired, { live, owned }, path);
  return isSameValue(desired, live) ? [] : [path];
}

/** Elements with names are compared by name, others by position. */
function changedItems(
  desired: readonly Json[],
  { live, owned }: { readonly live: readonly Json[]; readonly owned: Json | undefined },
  path: string,
): readonly string[] {
  const isNamed = [...desired, ...live].every((item) => nameOf(item) !== '');
  if (!isNamed && desired.length !== live.length) return [path];
  const inner = desired.flatMap((item, index) => {
    const same = isNamed ? live.find((each) => nameOf(each) === nameOf(item)) : live[index];
    const at = `${path}[${index}]`;
    return same === undefined ? [at] : changedPaths(item, { live: same, owned: ownedItem(owned, item) }, at);
  });
  const names = new Set(desired.map((item) => nameOf(item)));
  const removed = isNamed
    ? live.filter((item) => !names.has(nameOf(item)) && ownedItem(owned, item) !== undefined)
    : [];
  return [...inner, ...removed.map((item) => `${path}[name="${nameOf(item)}"]`)];
}

function nameOf(item: Json): string {
  return isObject(item) ? textOf(item['name']) : '';
}

/** FieldsV1 names an element by its keys: `k:{"name":"web"}`. */
function ownedItem(owned: Json | undefined, item: Json): Json | undefined {
  const key = keysOf(owned).find((each) => {
    if (!each.startsWith('k:') || !isObject(item)) return false;
    const keys = parseJson(each.slice(2));
    return isObject(keys) && Object.entries(keys).every(([name, value]) => item[name] === value);
  });
  return key === undefined ? undefined : fieldOf(owned, key);
}

function fieldOf(owned: Json | undefined, key: string): Json | undefined {
  return isObject(owned) ? owned[key] : undefined;
}

function keysOf(owned: Json | undefined): readonly string[] {
  return isObject(owned) ? Object.keys(owned) : [];
}

function below(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** The server drops these. */
function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function isSameValue(desired: Json, live: Json | undefined): boolean {
  if (desired === live) return true;
  const [a, b] = [quantityOf(desired), quantityOf(live)];
  return a !== null && a === b;
}

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** The server writes `0.5` as `500m` and `1024Mi` as `1Gi`. */
function quantityOf(value: Json | undefined): number | null {
  const [, digits = '', suffix = ''] = /^(\d*\.?\d+)([a-zA-Z]*)$/.exec(textOf(value)) ?? [];
  const unit = UNITS[suffix];
  return digits === '' || unit === undefined ? null : Math.round(Number(digits) * unit * 1000);
}
