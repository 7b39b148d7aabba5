import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHead } from '../../deploy/webhook/reception.ts';

/** Is the bearer key of the request one of these? Digests are compared, so the time depends neither on a key nor on its length. */
export function hasKey({ headers }: Pick<RequestHead, 'headers'>, keys: readonly string[]): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1];
  if (given === undefined) return false;
  const digest = digestOf(given);
  return keys.filter((key) => timingSafeEqual(digestOf(key), digest)).length > 0;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
