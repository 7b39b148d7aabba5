import { createHash, timingSafeEqual } from 'node:crypto';
import type { Problem } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';
import { readEnvelope } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import { readLeaves } from './leaves.ts';
import { isEncrypted } from './rule.ts';
import { openValue, placeOf } from './value.ts';

/** Nothing of a value stands in a fault: only the keys that lead to it. */
export type Fault = Pick<Problem, 'message' | 'remedy'>;

/** What opens the values of one file whose MAC is right. */
export interface OpenedFile {
  readonly envelope: Envelope;
  readonly key: Uint8Array;
}

/** The envelope of a file; null: it is not encrypted. Of several documents sops reads the first one's. */
export function envelopeOf(text: string): Envelope | Fault | null {
  if (!/^["{\s]*sops["\s]*:/m.test(text) && !text.includes('"sops"')) return null;
  const blocks = readYaml(text).flatMap((result) => {
    const value = result.kind === 'document' ? result.document.value : null;
    return isObject(value) && 'sops' in value ? [value['sops']] : [];
  });
  return blocks.length === 0 ? null : readEnvelope(blocks[0]);
}

/** sha256 of `sops`, so that a MAC of encrypted values alone is never one of all. */
const ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

/** Is the file as it was encrypted? Every value and its place, and the order of all of them. */
export function verifyFile(text: string, { envelope, key }: OpenedFile): Fault | null {
  const leaves = readLeaves(text);
  if (leaves === null) return NOT_READ;
  const { rule, isMacOfEncrypted, mac, lastModified } = envelope;
  const hash = createHash('sha512');
  if (isMacOfEncrypted) hash.update(ONLY_ENCRYPTED);
  for (const { path, text: written } of leaves) {
    const isHidden = isEncrypted(path, rule);
    const plain = isHidden ? openValue(written, { key, place: placeOf(path) }) : { text: written };
    if (plain === null) return cannotOpen(path);
    if (isHidden || !isMacOfEncrypted) hash.update(plain.text);
  }
  const expected = openValue(mac, { key, place: lastModified })?.text ?? '';
  const found = hash.digest('hex').toUpperCase();
  const isSame = expected.length === found.length && timingSafeEqual(Buffer.from(expected), Buffer.from(found));
  return isSame ? null : CHANGED;
}

/** An object without its sops block, with its values in the clear. */
export function openObject(object: JsonObject, { envelope, key }: OpenedFile): JsonObject | Fault {
  let fault: Fault | null = null;
  const open = (value: Json, path: readonly string[]): Json => {
    if (Array.isArray(value)) return value.map((item: Json) => open(item, path));
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, open(child, [...path, name])]));
    if (typeof value !== 'string' || !value.startsWith('ENC[') || !isEncrypted(path, envelope.rule)) return value;
    const plain = openValue(value, { key, place: placeOf(path) });
    if (plain === null) fault ??= cannotOpen(path);
    return plain === null ? null : typed(plain);
  };
  const { sops: _sops, ...rest } = object;
  const opened = open(rest, []);
  if (fault !== null) return fault;
  return isObject(opened) ? opened : NOT_READ;
}

function typed({ type, text }: { readonly type: string; readonly text: string }): Json {
  switch (type) {
    case 'int':
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case 'float':
      return Number(text);
    case 'bool':
      return text === 'True';
    default:
      return text;
  }
}

const NOT_READ: Fault = { message: 'it is encrypted and cannot be read', remedy: 'Encrypt it anew with sops 3.' };
const CHANGED: Fault = {
  message: 'its MAC does not fit: it was changed after it was encrypted',
  remedy: 'Edit encrypted files with `sops edit` only, and restore this one from before the change.',
};

function cannotOpen(path: readonly string[]): Fault {
  return {
    message: `the value at ${path.join('.')} cannot be decrypted: it was changed or moved, or is not encrypted`,
    remedy: 'Edit encrypted files with `sops edit` only, and restore this one from before the change.',
  };
}
