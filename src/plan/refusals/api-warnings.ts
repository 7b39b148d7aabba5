import type { Problem } from '../../error/deploy-error.ts';
import { formatPosition, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';

/** An object that the API server accepted, and the warnings it returned. */
export interface Warned {
  readonly resource: Resource;
  readonly warnings: readonly string[];
}

const HIDDEN = 'the API server returned a warning, omitted because it may quote a hidden value';

/** Deprecated versions, Pod Security, policies that only warn: each text once, at the first object it applies to. */
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
            remedy: `Change the manifest${andOthers(others.length)} before a newer version or a stricter policy refuses it.`,
          },
        ],
  );
}

function andOthers(others: number): string {
  return others === 0 ? '' : ` (and ${others} ${others === 1 ? 'other' : 'others'})`;
}
