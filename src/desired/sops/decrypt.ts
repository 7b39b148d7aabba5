import { createHash } from 'node:crypto';
import { isSame } from '../../signing/hmac.ts';
import type { Explanation } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { readYaml } from '../../resource/yaml.ts';
import { readEnvelope } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import { readLeaves } from './leaves.ts';
import { isEncrypted } from './rule.ts';
import { additionalData, openValue } from './value.ts';

// No explanation contains any part of a value, only the keys that lead to it.

/** A file with its data key. */
export interface OpenedFile {
  readonly envelope: Envelope;
  readonly key: Uint8Array;
}

/** The envelope of a file; null: not encrypted. Like sops, reads it from the first document that has one. */
export function envelopeOf(text: string): Envelope | Explanation | null {
  if (!/^["{\s]*sops["\s]*:/m.test(text) && !text.includes('"sops"')) return null;
  const blocks = readYaml(text).flatMap((result) => {
    const value = result.kind === 'document' ? result.document.value : null;
    return isObject(value) && 'sops' in value ? [value['sops']] : [];
  });
  return blocks.length === 0 ? null : readEnvelope(blocks[0]);
}

/** sops seeds a MAC of only the encrypted values with sha256(`sops`), so that it never equals a MAC of all values. */
const ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

/** Verifies that no value was changed, moved or reordered since the file was encrypted; null when it is intact. */
export function verifyFile(text: string, { envelope, key }: OpenedFile): Explanation | null {
  const leaves = readLeaves(text);
  if (leaves === null) return NOT_READ;
  const { rule, isMacOfEncrypted, mac, lastModified } = envelope;
  const hash = createHash('sha512');
  if (isMacOfEncrypted) hash.update(ONLY_ENCRYPTED);
  for (const { path, text: written } of leaves) {
    const isHidden = isEncrypted(path, rule);
    const plain = isHidden ? openValue(written, { key, aad: additionalData(path) }) : { text: written };
    if (plain === null) return cannotOpen(path);
    if (isHidden || !isMacOfEncrypted) hash.update(plain.text);
  }
  const expected = openValue(mac, { key, aad: lastModified })?.text ?? '';
  const found = hash.digest('hex').toUpperCase();
  return isSame(Buffer.from(expected), Buffer.from(found)) ? null : CHANGED;
}

/** Decrypts the values of an object, and removes its sops block. */
export function openObject(object: JsonObject, { envelope, key }: OpenedFile): JsonObject | Explanation {
  let error: Explanation | null = null;
  const open = (value: Json, path: readonly string[]): Json => {
    if (Array.isArray(value)) return value.map((item: Json) => open(item, path));
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, open(child, [...path, name])]));
    if (typeof value !== 'string' || !value.startsWith('ENC[') || !isEncrypted(path, envelope.rule)) return value;
    const plain = openValue(value, { key, aad: additionalData(path) });
    if (plain === null) error ??= cannotOpen(path);
    return plain === null ? null : typed(plain);
  };
  const { sops: _sops, ...rest } = object;
  const opened = open(rest, []);
  if (error !== null) return error;
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

const NOT_READ: Explanation = { message: 'is encrypted but cannot be parsed', remedy: 'Encrypt it again with sops 3.' };
const CHANGED: Explanation = {
  message: 'was changed after it was encrypted: its MAC does not match',
  remedy: 'Restore the version before the change, and edit encrypted files only with `sops edit`.',
};

function cannotOpen(path: readonly string[]): Explanation {
  return {
    message: `the value at ${path.join('.')} cannot be decrypted: it was changed or moved, or is not encrypted`,
    remedy: 'Restore the version before the change, and edit encrypted files only with `sops edit`.',
  };
}
