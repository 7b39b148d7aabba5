import type { Problem } from '../../error/deploy-error.ts';
import { formatPosition, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';

/** An object that the API server accepted, and what it warned of in its own words. */
export interface Warned {
  readonly resource: Resource;
  readonly warnings: readonly string[];
}

const HIDDEN = 'the API server warns about it; the warning may quote a hidden value and is left out';

/** Deprecated versions, Pod Security, policies that only warn: once for each text, at the first object that it is about. */
export function apiWarnings(objects: readonly Warned[]): readonly Problem[] {
  const warned = objects.flatMap(({ resource, warnings }) =>
    [...new Set(warnings.map((text) => (hidesValues(resource) ? HIDDEN : text)))].map((text) => ({ resource, text })),
  );
  return [...Map.groupBy(warned, ({ text }) => text)].flatMap(([message, [first, ...others]]) =>
    first === undefined
      ? []
      : [
          {
            code: 'api-warning',
            subject: formatPosition(first.resource.source),
            message,
            remedy: `Change the manifest${also(others.length)} before a later version or a stricter policy refuses it.`,
          },
        ],
  );
}

function also(others: number): string {
  return others === 0 ? '' : ` (and those of ${others} other ${others === 1 ? 'object' : 'objects'})`;
}
