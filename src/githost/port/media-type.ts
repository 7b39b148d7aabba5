import type { Delivery } from './git-host.ts';

/** The lowercase media type without parameters, such as `application/json`, or '' if there is no Content-Type header. */
export function mediaTypeOf(headers: Delivery['headers']): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

/** The media type of a webhook with content type `form`; the JSON is in the field `payload`. */
export const FORM = 'application/x-www-form-urlencoded';
