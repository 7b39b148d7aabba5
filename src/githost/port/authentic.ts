import { isUtf8 } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AuthenticDelivery, Delivery } from './git-host.ts';

/**
 * The only place that calls a delivery authentic: over bytes that are UTF-8, with one of the secrets, and never with an
 * empty one.
 */
export function authenticWith(
  delivery: Delivery,
  secrets: readonly string[],
  isProvenBy: (secret: string) => boolean,
): AuthenticDelivery | null {
  const isProven = secrets.some((secret) => secret !== '' && isProvenBy(secret));
  if (!isProven || delivery.body.length === 0 || !isUtf8(delivery.body)) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return delivery as AuthenticDelivery;
}

/** A signature as several hosts write it. */
export function isSha256Signature(text: string | undefined): text is string {
  return /^sha256=[0-9a-f]{64}$/.test(text ?? '');
}

/** Authentic when the text is such a signature of the body. */
export function authenticateSha256(
  delivery: Delivery,
  text: string | undefined,
  secrets: readonly string[],
): AuthenticDelivery | null {
  if (!isSha256Signature(text)) return null;
  const digest = Buffer.from(text.slice('sha256='.length), 'hex');
  return authenticWith(delivery, secrets, (secret) => isSame(digest, hmacSha256(secret, delivery.body)));
}

export function hmacSha256(key: string | Uint8Array, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** The one comparison of secrets and digests. It takes the same time wherever they differ. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
