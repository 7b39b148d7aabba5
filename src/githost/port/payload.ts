import type * as z from 'zod/mini';
import type { AuthenticDelivery, Parsed, RepositoryIdentity } from './git-host.ts';
import { FORM, mediaTypeOf } from './media-type.ts';

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Undefined when the body is not JSON. */
export function readBody({ body }: AuthenticDelivery): unknown {
  return parseJson(new TextDecoder().decode(body));
}

/** A webhook of GitHub may be a form, which has the JSON in one field. Undefined when it is not JSON. */
export function readJsonOrForm({ headers, body }: AuthenticDelivery): unknown {
  const text = new TextDecoder().decode(body);
  return parseJson(mediaTypeOf(headers) === FORM ? (new URLSearchParams(text).get('payload') ?? '') : text);
}

/** An event that concerns no target. Its name may be any text. */
export function ignoredEvent(event: string, repository: RepositoryIdentity | null): Parsed {
  return { kind: 'ignored', reason: `event "${event.slice(0, 64)}"`, repository };
}

export function notUnderstood(reason: string): Parsed {
  return { kind: 'not-understood', reason };
}

/** Names the fields of an event that are missing or invalid. */
export function invalidFields(event: string, { issues }: z.core.$ZodError): Parsed {
  const fields = issues.map(({ path }) => path.join('.') || 'the whole body');
  return notUnderstood(`the ${event} event has missing or invalid fields: ${fields.join(', ')}`);
}
