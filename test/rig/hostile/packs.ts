import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export interface PackEntry {
  readonly content: Buffer;
  /** Default: a blob. */
  readonly type?: 'tree';
  /** The content that it is stored as a delta of; null: it is stored whole. */
  readonly base: Buffer | null;
}

export function idOf(content: Buffer, type = 'blob'): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** A pack as no git writes it: each delta names its base by id, in any order. */
export function packOf(entries: readonly PackEntry[]): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0');
  header.writeUInt32BE(entries.length, 8);
  const parts = entries.map(({ content, base, type }) => {
    const data = base === null ? content : deltaOf(base, content);
    const id = base === null ? Buffer.alloc(0) : Buffer.from(idOf(base), 'hex');
    return Buffer.concat([
      entryHeader(base !== null ? 7 : type === 'tree' ? 2 : 3, data.length),
      id,
      deflateSync(data),
    ]);
  });
  const body = Buffer.concat([header, ...parts]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function entryHeader(type: number, size: number): Buffer {
  const first = (type << 4) | (size & 15);
  const rest = size >> 4;
  return Buffer.from(rest === 0 ? [first] : [first | 0x80, ...varint(rest)]);
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

/** Copies the base, and adds what follows it. */
function deltaOf(base: Buffer, content: Buffer): Buffer {
  const added = content.subarray(base.length);
  const copy = [0xf0, base.length & 255, (base.length >> 8) & 255, base.length >> 16];
  return Buffer.from([...varint(base.length), ...varint(content.length), ...copy, added.length, ...added]);
}

/** Ten times the same subtree, as many levels deep. Returns the pack and the id of the outermost tree. */
export function nestedTrees(levels: number): { readonly pack: Buffer; readonly root: string } {
  const entries: PackEntry[] = [{ content: Buffer.from('a: 1\n'), base: null }];
  let id = idOf(Buffer.from('a: 1\n'));
  for (let level = 0; level < levels; level += 1) {
    const mode = level === 0 ? '100644' : '40000';
    const content = Buffer.concat(
      Array.from({ length: 10 }, (_, n) => [Buffer.from(`${mode} ${n}.yaml\0`), Buffer.from(id, 'hex')]).flat(),
    );
    entries.push({ content, base: null, type: 'tree' });
    id = idOf(content, 'tree');
  }
  return { pack: packOf(entries), root: id };
}
