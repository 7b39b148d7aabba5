import { gitError } from './git-error.ts';

/** gitprotocol-common(5): four hex digits give the length, including themselves; 0000 flush, 0001 delimiter, 0002 response end. */
export const FLUSH = '0000';
export const DELIMITER = '0001';

export function pktLine(text: string): string {
  return (Buffer.byteLength(text) + 5).toString(16).padStart(4, '0') + text + '\n';
}

export type Pkt =
  { readonly kind: 'line'; readonly payload: Buffer } | { readonly kind: 'flush' | 'delimiter' | 'end' };

/** @throws DeployError `git-protocol` when the bytes are not pkt-lines, or end within one. */
export function* readPktLines(bytes: Buffer, subject: string): Generator<Pkt> {
  for (let at = 0; at < bytes.length;) {
    const digits = bytes.toString('latin1', at, at + 4);
    const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : 3;
    if (length === 3)
      throw gitError('git-protocol', { subject, message: 'the response is not in the format of the Git protocol' });
    if (length > 3 && at + length > bytes.length)
      throw gitError('git-protocol', { subject, message: 'the response is truncated' });
    if (length > 3) yield { kind: 'line', payload: bytes.subarray(at + 4, at + length) };
    else yield { kind: length === 0 ? 'flush' : length === 1 ? 'delimiter' : 'end' };
    at += Math.max(length, 4);
  }
}
