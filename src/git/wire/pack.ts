import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { gitError } from './git-error.ts';
import type { ObjectFormat } from './object-format.ts';
import type { GitLimits } from './limits.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly data: Buffer;
}

/** Objects by the id computed from their content, never by an id that the server claims. */
export type ObjectStore = Map<string, GitObject>;

export interface PackFormat {
  readonly hash: ObjectFormat;
  readonly limits: GitLimits;
  readonly inflated: Inflated;
  readonly subject: string;
}

const TYPES: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFS_DELTA = 6;
const REF_DELTA = 7;

interface Entry {
  readonly offset: number;
  readonly type: ObjectType | null;
  readonly data: Buffer;
  /** A delta's base: the offset of an entry in the pack, or the id of an object. */
  readonly base: number | string | null;
}

/** Counts what a run inflates, in all of its packs. */
export type Inflated = (bytes: number) => void;

export function inflatedUpTo(limitBytes: number, { subject }: Pick<PackFormat, 'subject'>): Inflated {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total > limitBytes)
      throw gitError('git-limit', { subject, message: `the inflated size exceeds the limit of ${limitBytes}` });
  };
}

interface Resolved {
  readonly object: GitObject;
  readonly offset: number;
  /** Deltas between it and an object that is stored whole. */
  readonly depth: number;
}

/** Reads a pack (gitformat-pack(5)) into the store, object by object. @throws DeployError `git-protocol` or `git-limit` */
export function* readPack(pack: Buffer, store: ObjectStore, format: PackFormat): Generator<void, void> {
  const entries = yield* readEntries(pack, format);
  const { whole, deltas } = separate(entries);
  // The base of a delta may come later in the pack, be a delta itself, or be in the store already.
  const ofBase = Map.groupBy(deltas, ({ base }) => base);
  const ready: Resolved[] = whole.map(({ offset, type, data }) => ({ object: { type, data }, offset, depth: 0 }));
  let missing = deltas.length;
  const apply = function* (base: GitObject, key: Entry['base'], depth: number): Generator<void, void> {
    const waiting = ofBase.get(key) ?? [];
    ofBase.delete(key);
    missing -= waiting.length;
    for (const { offset, data } of waiting) {
      if (depth > format.limits.deltaDepth)
        throw limitError(format, 'length of a delta chain', format.limits.deltaDepth);
      ready.push({ object: { type: base.type, data: applyDelta(base.data, data, format) }, offset, depth });
      yield;
    }
  };
  for (const key of ofBase.keys()) {
    const known = typeof key === 'string' ? store.get(key) : undefined;
    if (known !== undefined) yield* apply(known, key, 1);
  }
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const { object, offset, depth } = next;
    const id = idOf(object, format.hash);
    store.set(id, object);
    for (const key of [offset, id]) yield* apply(object, key, depth + 1);
    yield;
  }
  if (missing > 0) throw protocolError(format, 'the pack has a delta whose base is missing');
}

function separate(entries: readonly Entry[]) {
  const whole: (Entry & { readonly type: ObjectType })[] = [];
  const deltas: Entry[] = [];
  for (const { type, ...entry } of entries) {
    if (type === null) deltas.push({ type, ...entry });
    else whole.push({ type, ...entry });
  }
  return { whole, deltas };
}

export function idOf({ type, data }: GitObject, hash: PackFormat['hash']): string {
  return createHash(hash).update(`${type} ${data.length}\0`).update(data).digest('hex');
}

/** Hashed in a few milliseconds. */
const HASHED_BYTES = 4 * 1024 * 1024;

function* readEntries(pack: Buffer, format: PackFormat): Generator<void, readonly Entry[]> {
  const { limits } = format;
  const trailer = format.hash === 'sha1' ? 20 : 32;
  if (pack.length < 12 + trailer || pack.toString('latin1', 0, 4) !== 'PACK')
    throw protocolError(format, 'the response contains no pack');
  const version = pack.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw protocolError(format, `the pack has unsupported version ${version}`);
  const count = pack.readUInt32BE(8);
  if (count > limits.objects) throw limitError(format, 'number of objects', limits.objects);
  const end = pack.length - trailer;
  const checksum = createHash(format.hash);
  for (let at = 0; at < end; at += HASHED_BYTES) {
    checksum.update(pack.subarray(at, Math.min(end, at + HASHED_BYTES)));
    yield;
  }
  if (!checksum.digest().equals(pack.subarray(end))) {
    throw protocolError(format, 'the pack is corrupt or truncated: its checksum does not match');
  }
  const entries: Entry[] = [];
  let at = 12;
  for (let index = 0; index < count; index += 1) {
    const { entry, next } = readEntry(pack.subarray(0, end), at, format);
    format.inflated(entry.data.length);
    entries.push(entry);
    at = next;
    yield;
  }
  if (at !== end) throw protocolError(format, 'the pack is longer than it declares');
  return entries;
}

function readEntry(pack: Buffer, offset: number, format: PackFormat): { entry: Entry; next: number } {
  let at = offset;
  const byte = () => {
    const value = pack[at];
    if (value === undefined) throw protocolError(format, 'the pack is truncated');
    at += 1;
    return value;
  };
  let current = byte();
  const code = (current >> 4) & 7;
  let size = current & 15;
  for (let shift = 4; current & 0x80; shift += 7) {
    current = byte();
    size += (current & 0x7f) * 2 ** shift;
    if (size > format.limits.objectBytes) throw limitError(format, 'size of an object', format.limits.objectBytes);
  }
  let base: Entry['base'] = null;
  if (code === OFS_DELTA) base = offset - readOffset(byte);
  if (code === REF_DELTA) {
    const length = format.hash === 'sha1' ? 20 : 32;
    base = pack.toString('hex', at, at + length);
    at += length;
  }
  const type = TYPES[code] ?? null;
  if (type === null && base === null) throw protocolError(format, `the pack contains an entry of unknown type ${code}`);
  const { data, length } = inflate(pack.subarray(at), size, format);
  return { entry: { offset, type, data, base }, next: at + length };
}

function readOffset(byte: () => number): number {
  let current = byte();
  let offset = current & 0x7f;
  while (current & 0x80) {
    current = byte();
    offset = (offset + 1) * 128 + (current & 0x7f);
  }
  return offset;
}

/** Stops at the declared size, so that a small stream cannot inflate to a large object. */
function inflate(bytes: Buffer, size: number, format: PackFormat): { data: Buffer; length: number } {
  try {
    // @types/node has no overload for `info: true`.
    // Without `chunkSize` each object, however small, would keep zlib's 16 KB buffer alive.
    const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) };
    const result = inflateSync(bytes, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (result.buffer.length === size) return { data: result.buffer, length: result.engine.bytesWritten };
  } catch (cause) {
    throw gitError('git-protocol', {
      subject: format.subject,
      message: 'the pack contains an entry that cannot be inflated',
      cause,
    });
  }
  throw protocolError(format, 'the pack contains an entry whose size differs from the declared size');
}

/** gitformat-pack(5), "Deltified representation". */
function applyDelta(base: Buffer, delta: Buffer, format: PackFormat): Buffer {
  let at = 0;
  const byte = () => {
    const value = delta[at];
    if (value === undefined) throw protocolError(format, 'a delta is truncated');
    at += 1;
    return value;
  };
  const size = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const current = byte();
      value += (current & 0x7f) * 2 ** shift;
      if (value > format.limits.objectBytes) throw limitError(format, 'size of an object', format.limits.objectBytes);
      if ((current & 0x80) === 0) return value;
    }
  };
  if (size() !== base.length) throw protocolError(format, 'a delta does not match its base');
  const resultBytes = size();
  format.inflated(resultBytes);
  const result = Buffer.alloc(resultBytes);
  let written = 0;
  while (at < delta.length) {
    const code = byte();
    if (code === 0) throw protocolError(format, 'a delta has an unknown instruction');
    let part: Buffer;
    if (code & 0x80) {
      const from = [0, 1, 2, 3].reduce((sum, bit) => (code & (1 << bit) ? sum + byte() * 2 ** (8 * bit) : sum), 0);
      const length =
        [0, 1, 2].reduce((sum, bit) => (code & (16 << bit) ? sum + byte() * 2 ** (8 * bit) : sum), 0) || 0x10000;
      if (from + length > base.length) throw protocolError(format, 'a delta copies beyond the end of its base');
      part = base.subarray(from, from + length);
    } else {
      part = delta.subarray(at, at + code);
      at += code;
    }
    if (written + part.length > result.length) throw protocolError(format, 'a delta produces more than it declares');
    written += part.copy(result, written);
  }
  if (written !== result.length) throw protocolError(format, 'a delta produces less than it declares');
  return result;
}

function protocolError({ subject }: PackFormat, message: string) {
  return gitError('git-protocol', { subject, message });
}

function limitError({ subject }: PackFormat, what: string, limit: number) {
  return gitError('git-limit', { subject, message: `the ${what} exceeds the limit of ${limit}` });
}
