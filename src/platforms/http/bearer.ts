import type { RequestHead } from '../../deploy/webhook/reception.ts';
import { isSameSecret } from '../../signing/hmac.ts';

/** Is the bearer key of the request one of these? */
export function hasKey({ headers }: Pick<RequestHead, 'headers'>, keys: readonly string[]): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1];
  // Each key is compared, so the time does not say which one it is.
  return given !== undefined && keys.filter((key) => isSameSecret(key, given)).length > 0;
}
