import { isMap } from '../init/manifests.ts';
import type { Fields } from './foreign-object.ts';

export interface ImportedValues {
  /** For `helm.set`. */
  readonly set: Fields;
  /** The paths of values that `helm.set` cannot hold: lists, and null, which removes a default. */
  readonly others: readonly string[];
}

/** Turns nested values into the paths of `helm.set`. */
export function importValues(values: Fields, above = ''): ImportedValues {
  const parts = Object.entries(values).map(([key, value]): ImportedValues => {
    const path = `${above}${key.replaceAll('.', String.raw`\.`)}`;
    if (isMap(value)) return importValues(value, `${path}.`);
    const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
    return isScalar ? { set: { [path]: value }, others: [] } : { set: {}, others: [path] };
  });
  return {
    set: Object.fromEntries(parts.flatMap(({ set }) => Object.entries(set))),
    others: parts.flatMap(({ others }) => others),
  };
}

export const EXACT_VERSION = /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
