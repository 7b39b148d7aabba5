import { isMap } from '../init/manifests.ts';
import type { FoundObject } from '../init/manifests.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** An object of Flux or Argo CD. */
export interface ForeignObject {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The file it was read from; null: the cluster. */
  readonly file: string | null;
  readonly metadata: Fields;
  readonly spec: Fields;
  readonly status: Fields;
}

export function foreignObject({ apiVersion, kind, object }: FoundObject, file: string | null): ForeignObject {
  const metadata = mapAt(object, 'metadata');
  return {
    group: apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0)),
    kind,
    namespace: textAt(metadata, 'namespace') ?? '',
    name: textAt(metadata, 'name') ?? '',
    file,
    metadata,
    spec: mapAt(object, 'spec'),
    status: mapAt(object, 'status'),
  };
}

/** `Kustomization flux-system/apps` */
export function nameOf({ kind, namespace, name }: Pick<ForeignObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

/** The object that a reference means, such as a `sourceRef`; without a namespace, one in `namespace`. */
export function referencedBy(
  reference: Fields,
  objects: readonly ForeignObject[],
  { kind, namespace }: { readonly kind: string; readonly namespace: string },
): ForeignObject | null {
  const wanted = {
    kind: textAt(reference, 'kind') ?? kind,
    namespace: textAt(reference, 'namespace') ?? namespace,
    name: textAt(reference, 'name') ?? '',
  };
  return objects.find((each) => nameOf(each) === nameOf(wanted)) ?? null;
}

/** The value at a path such as `chart.spec.version`. */
export function valueAt(fields: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), fields);
}

export function textAt(fields: unknown, path: string): string | null {
  const value = valueAt(fields, path);
  return typeof value === 'string' && value !== '' ? value : null;
}

export function mapAt(fields: unknown, path: string): Fields {
  const value = valueAt(fields, path);
  return isMap(value) ? value : {};
}

export function listAt(fields: unknown, path: string): readonly unknown[] {
  const value: unknown = valueAt(fields, path);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function mapsAt(fields: unknown, path: string): readonly Fields[] {
  return listAt(fields, path).filter(isMap);
}

export function textsAt(fields: unknown, path: string): readonly string[] {
  return listAt(fields, path).filter((each) => typeof each === 'string');
}

export function isOn(fields: unknown, path: string): boolean {
  return valueAt(fields, path) === true;
}
