import { canonicalJson } from '../../resource/json.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

/** One field before and after; undefined if it is absent. */
export interface FieldChange {
  /** `.spec.template.spec.containers[0].image` */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Changed by every write, and of no interest to a reader of a plan. */
const NOISE: ReadonlySet<string> = new Set([
  '.metadata.managedFields',
  '.metadata.resourceVersion',
  '.metadata.generation',
  '.status',
]);

/** The fields that differ between a live object and its dry run. Secrets show their keys, not their values. */
export function changedFields(
  before: JsonObject,
  after: JsonObject,
  { isSecret }: { isSecret: boolean },
): readonly FieldChange[] {
  const changes = compare(before, after, '');
  return isSecret ? changes.map((change) => masked(change)) : changes;
}

function compare(before: Json | undefined, after: Json | undefined, path: string): readonly FieldChange[] {
  if (NOISE.has(path) || isSame(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) => compare(before[key], after[key], `${path}${keyPath(key)}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => compare(before[index], after[index], `${path}[${index}]`)).flat();
  }
  return [{ path, before, after }];
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function keyPath(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`;
}

function masked({ path, before, after }: FieldChange): FieldChange {
  if (path.startsWith('.metadata') || path === '.type' || path === '.immutable') return { path, before, after };
  return {
    path,
    before: before === undefined ? undefined : '*** (before)',
    after: after === undefined ? undefined : '*** (after)',
  };
}
