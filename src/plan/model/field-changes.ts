import { canonicalJson } from '../../resource/json.ts';
import { hidesValues, isObject } from '../../resource/resource.ts';
import type { Json, JsonObject, Resource } from '../../resource/resource.ts';
import { PART_OF, SOURCE } from './body.ts';

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

/** Maps that are compared by key even if one side lacks them, so that a plan names the keys. */
const MAPS: ReadonlySet<string> = new Set(['.metadata.labels', '.metadata.annotations']);

/** What Headgate itself writes. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set([
  `.metadata.labels["${PART_OF}"]`,
  `.metadata.annotations["${SOURCE}"]`,
]);

/** The fields that differ between a live object and its dry run. Hidden values are masked; their keys are shown. */
export function changedFields(
  before: JsonObject,
  after: JsonObject,
  resource: Pick<Resource, 'id' | 'isHidden'>,
): readonly FieldChange[] {
  return compare(before, after, '').map((change) => (isShown(change.path, resource) ? change : masked(change)));
}

/** A variable or an encrypted value may be in any field. Tools keep whole Secrets in annotations, as kubectl does. */
function isShown(path: string, resource: Pick<Resource, 'id' | 'isHidden'>): boolean {
  if (!hidesValues(resource) || ALWAYS_SHOWN.has(path)) return true;
  if (resource.isHidden || path.startsWith('.metadata.annotations')) return false;
  return path.startsWith('.metadata') || path === '.type' || path === '.immutable';
}

function compare(before: Json | undefined, after: Json | undefined, path: string): readonly FieldChange[] {
  if (NOISE.has(path) || isSame(before, after)) return [];
  if (MAPS.has(path) && (before === undefined || after === undefined)) return compare(before ?? {}, after ?? {}, path);
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
  return {
    path,
    before: before === undefined ? undefined : '*** (before)',
    after: after === undefined ? undefined : '*** (after)',
  };
}
