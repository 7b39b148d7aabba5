import { canonicalJson, shortHash } from '../resource/json.ts';
import { isObject, metadataMap } from '../resource/resource.ts';
import type { Json, JsonObject } from '../resource/resource.ts';

/**
 * A hash of the fields that Headgate's manager owns on a live object, and of the values of the labels and annotations
 * among them. It detects drift that does not change the generation: a label edited by hand, or any field taken by another
 * manager. Fields that others add do not count. Null for an object that Headgate never applied.
 */
export function hashManagedFields(metadata: JsonObject): string | null {
  const fields = ownFields(metadata);
  if (fields === null) return null;
  const ownedMetadata = isObject(fields['f:metadata']) ? fields['f:metadata'] : {};
  const ownValues = (map: 'labels' | 'annotations') => {
    const owned = ownedMetadata[`f:${map}`];
    const isOwned = (key: string) => isObject(owned) && `f:${key}` in owned;
    return Object.fromEntries(Object.entries(metadataMap({ metadata }, map)).filter(([key]) => isOwned(key)));
  };
  return shortHash(canonicalJson({ fields, labels: ownValues('labels'), annotations: ownValues('annotations') }));
}

/** FieldsV1 of our server-side applies; null for an object that Headgate never applied. */
export function ownFields(metadata: JsonObject): JsonObject | null {
  const entries: readonly Json[] = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const own = entries
    .filter((entry) => isObject(entry))
    .find(({ manager, operation }) => manager === 'headgate' && operation === 'Apply');
  return isObject(own?.['fieldsV1']) ? own['fieldsV1'] : null;
}
