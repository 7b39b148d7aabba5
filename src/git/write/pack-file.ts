import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { ObjectFormat } from '../wire/object-format.ts';
import type { NewObject } from './new-objects.ts';

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 } as const;

/** The objects as a pack, each of them whole (gitformat-pack(5)). */
export function packFile(objects: readonly NewObject[], format: ObjectFormat): Buffer {
  const distinct = [...new Map(objects.map((object) => [object.id, object])).values()];
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(distinct.length, 8);
  const parts = [
    head,
    ...distinct.flatMap(({ type, data }) => [entryHead(TYPES[type], data.length), deflateSync(data)]),
  ];
  const pack = Buffer.concat(parts);
  return Buffer.concat([pack, createHash(format).update(pack).digest()]);
}

/** Four bits of the size with the type, and then seven in each byte. */
function entryHead(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.floor(size / 16);
  let current = (type << 4) | (size & 15);
  while (rest > 0) {
    bytes.push(current | 0x80);
    current = rest & 0x7f;
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, current]);
}
