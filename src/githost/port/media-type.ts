import type { Delivery } from './git-host.ts';

/** `application/json` of `Application/JSON; charset=utf-8`; '' without the header. */
export function mediaTypeOf(headers: Delivery['headers']): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

/** The media type of a webhook with content type `form`; the JSON is in the field `payload`. */
export const FORM = 'application/x-www-form-urlencoded';
