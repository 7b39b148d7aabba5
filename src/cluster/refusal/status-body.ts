import { parseJson } from '../../resource/json.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** A `Status`, the body of every response of the API server that is an error. */
export interface Status {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** The resource (plural) and name in the response, not necessarily those of the request. */
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly Cause[];
}

export function readStatus({ status, text }: { readonly status: number; readonly text: string }): Status {
  const body = parseStatus(text);
  const details = isObject(body['details']) ? body['details'] : {};
  const causes: readonly Json[] = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    code: status,
    reason: textOf(body['reason']),
    message: textOf(body['message']) || `HTTP status ${status}`,
    kind: textOf(details['kind']),
    name: textOf(details['name']),
    causes: causes
      .filter((cause) => isObject(cause))
      .map((cause) => ({
        reason: textOf(cause['reason']),
        message: textOf(cause['message']),
        field: textOf(cause['field']),
      })),
  };
}

function parseStatus(text: string): JsonObject {
  try {
    const body = parseJson(text);
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}

/** Null for any other message. */
export function quotaIn(message: string): string | null {
  return /exceeded quota: ([^,]+), requested: /.exec(message)?.[1] ?? null;
}

/** What a refused request was for. */
export interface About {
  readonly subject: string;
  /** The server's text must not be repeated. */
  readonly secret: boolean;
  readonly request?: 'write' | 'delete' | 'state';
}
