import type { Problem } from './deploy-error.ts';

/** A problem whose fields are still to be found in the file. A report has one problem for each field. */
export interface Refusal extends Problem {
  readonly refused?: RefusedObject;
}

/** An object that the API server refused, and what it wrote, field by field. */
export interface RefusedObject {
  /** As `formatId` writes it. */
  readonly object: string;
  /** The file, and the line on which the document begins. */
  readonly path: string;
  readonly line: number;
  readonly fields: readonly RefusedField[];
}

export interface RefusedField {
  /** As the server writes it: `spec.template.spec.containers[0].image`, `spec.ports[name="web"].port`. Rarely several. */
  readonly paths: readonly string[];
  readonly reason: string;
  /** Only the change is refused, so the difference from the live object says more than the reason. */
  readonly isChange?: true;
}

const MOST_PATHS = 10;

/** `spec.replicas: expected numeric (int or float), got string` */
export function refusedFieldText({ paths, reason }: RefusedField): string {
  const more = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : '';
  return `${paths.slice(0, MOST_PATHS).join(', ')}${more}: ${reason}`;
}
