/** JSON with exact integers: integers beyond 2^53 are bigint, everything else is as JSON.parse returns it. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The identity of an object, regardless of its API version. `group` is '' for core kinds, `namespace` for cluster-scoped ones. */
export interface ResourceId {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `Deployment.apps shop/web`, `ConfigMap shop/settings`, `Namespace shop`: for people, and as a map key. */
export function formatId(id: ResourceId): string {
  const kind = id.group === '' ? id.kind : `${id.kind}.${id.group}`;
  return id.namespace === '' ? `${kind} ${id.name}` : `${kind} ${id.namespace}/${id.name}`;
}

/** A position in the repository: a path from its root, and the 1-based line on which the document or field begins. */
export interface Position {
  readonly path: string;
  readonly line: number;
}

export function formatPosition({ path, line }: Position): string {
  return `${path}:${line}`;
}

/** One object as written in a file. Whether its kind is namespaced is not known yet. */
export interface Manifest {
  readonly apiVersion: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  /** As written; null when the manifest has none. */
  readonly namespace: string | null;
  readonly object: JsonObject;
  readonly source: Position;
  /** Contains values that Git does not show: decrypted, or substituted from the target's variables. */
  readonly isHidden: boolean;
}

/** One API object as data, with its namespace resolved: what is sent, before Headgate adds its own labels. */
export interface Resource {
  readonly id: ResourceId;
  readonly apiVersion: string;
  readonly object: JsonObject;
  readonly source: Position;
  /** As in `Manifest`. */
  readonly isHidden: boolean;
}

/** Whether its values must stay out of hashes, messages and logs. */
export function hidesValues({ id, isHidden = false }: Pick<Resource, 'id'> & { readonly isHidden?: boolean }): boolean {
  return isSecret({ id }) || isHidden;
}

export function isSecret({ id }: Pick<Resource, 'id'>): boolean {
  return id.group === '' && id.kind === 'Secret';
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `metadata.annotations` or `metadata.labels` of an object, without values that are not strings. */
export function metadataMap(object: JsonObject, key: 'annotations' | 'labels'): Readonly<Record<string, string>> {
  const metadata = object['metadata'];
  const map = isObject(metadata) ? metadata[key] : undefined;
  if (!isObject(map)) return {};
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A string as it is, a number as text, and '' for anything else. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? `${value}` : '';
}
