import { isUtf8 } from 'node:buffer';
import type { AuthenticDelivery, Delivery, GitHost } from './git-host.ts';
import { hmacSha256, isSame } from '../../signing/hmac.ts';

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

/** Of a platform that only delivers what it has proven: an event that nothing but the host's own service can send. */
export function authenticByPlatform(delivery: Delivery): AuthenticDelivery | null {
  return authenticWith(delivery, ['the platform'], () => true);
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

/** The deliveries of a host that signs nothing, when they have the secret in this header, in lowercase, instead. */
export function provenByHeader(host: GitHost, header: string): GitHost {
  const valueOf = (headers: Delivery['headers']) => headers[header] ?? '';
  return {
    ...host,
    hasProof: (headers) => valueOf(headers) !== '',
    authenticate: (delivery, { secrets }) => {
      const sent = Buffer.from(valueOf(delivery.headers));
      return authenticWith(delivery, secrets, (secret) => isSame(sent, Buffer.from(secret)));
    },
  };
}
