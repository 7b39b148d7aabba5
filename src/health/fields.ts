import { isObject, textOf } from '../resource/resource.ts';
import type { Json, JsonObject } from '../resource/resource.ts';

/** One entry of `status.conditions`. Always read both: a type means nothing without its status. */
export interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; '' when missing. */
  readonly since: string;
}

/** `Deployment.apps`, `Pod` */
export function kindOf(object: JsonObject): string {
  const [group = '', version] = textAt(object, 'apiVersion').split('/');
  const kind = textAt(object, 'kind');
  return version === undefined ? kind : `${kind}.${group}`;
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata');
}

export function generationOf(object: JsonObject): number | null {
  return numberAt(metadataOf(object), 'generation');
}

/** Empty when missing: any field of a new object may be missing. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value: Json | undefined = object[key];
  return Array.isArray(value) ? value.filter((item: Json) => isObject(item)) : [];
}

export function textAt(object: JsonObject, key: string): string {
  return textOf(object[key]);
}

export function numberAt(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}

export function conditionOf(object: JsonObject, type: string): Condition | null {
  const found = objectsAt(objectAt(object, 'status'), 'conditions').find((each) => each['type'] === type);
  if (found === undefined) return null;
  return {
    status: textAt(found, 'status'),
    reason: textAt(found, 'reason'),
    message: textAt(found, 'message'),
    since: textAt(found, 'lastTransitionTime'),
  };
}
