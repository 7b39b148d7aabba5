import { canonicalJson, shortHash } from '../resource/json.ts';
import { isObject, metadataMap } from '../resource/resource.ts';
import type { Json, JsonObject } from '../resource/resource.ts';

/**
 * A hash of what a live object's metadata says is ours: the fields that our manager holds, and the values of the labels
 * and annotations among them. Nothing that moves a generation is needed to change it: a label that was set by hand takes
 * the field from us, and so does another manager that takes any other. What others add beside ours does not count.
 * Null for an object that we have never applied.
 */
export function hashManagedFields(metadata: JsonObject): string | null {
  const fields = ownFields(metadata);
  if (fields === null) return null;
  const about = isObject(fields['f:metadata']) ? fields['f:metadata'] : {};
  const mine = (map: 'labels' | 'annotations') => {
    const owned = about[`f:${map}`];
    const isOwned = (key: string) => isObject(owned) && `f:${key}` in owned;
    return Object.fromEntries(Object.entries(metadataMap({ metadata }, map)).filter(([key]) => isOwned(key)));
  };
  return shortHash(canonicalJson({ fields, labels: mine('labels'), annotations: mine('annotations') }));
}

/** FieldsV1 of our server-side applies. */
function ownFields(metadata: JsonObject): JsonObject | null {
  const entries: readonly Json[] = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const ours = entries
    .filter((entry) => isObject(entry))
    .find(({ manager, operation }) => manager === 'headgate' && operation === 'Apply');
  return isObject(ours?.['fieldsV1']) ? ours['fieldsV1'] : null;
}
