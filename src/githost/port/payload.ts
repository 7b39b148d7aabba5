import type * as z from 'zod/mini';
import type { Parsed } from './git-host.ts';

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function notUnderstood(reason: string): Parsed {
  return { kind: 'not-understood', reason };
}

/** Names the fields of an event that are missing or invalid. */
export function invalidFields(event: string, { issues }: z.core.$ZodError): Parsed {
  const fields = issues.map(({ path }) => path.join('.') || 'the whole body');
  return notUnderstood(`the ${event} event has missing or invalid fields: ${fields.join(', ')}`);
}
