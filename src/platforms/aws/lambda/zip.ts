import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_LENGTH = 22;
/** 1980-01-01, the earliest date of the format: archives of the same files are the same bytes. */
const DATE = 0x0021;
const VERSION = 20;
const DEFLATED = 8;
const MADE_ON_UNIX = (3 << 8) | VERSION;
/** A regular file that everyone may read, as Lambda requires. */
const MODE = 0o100644 * 0x10000;

/** A zip archive of these files (APPNOTE.TXT 4.3), sorted by name. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const { name, content } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const deflated = deflateRawSync(content, { level: 9 });
    const shared = sharedHeader({ name, content, deflated });
    const local = Buffer.concat([header(LOCAL), shared, Buffer.from(name), deflated]);
    locals.push(local);
    centrals.push(Buffer.concat([header(CENTRAL, MADE_ON_UNIX), shared, centralHeader(at), Buffer.from(name)]));
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  return Buffer.concat([...locals, directory, endOf({ count: entries.length, length: directory.length, at })]);
}

function header(signature: number, madeBy: number | null = null): Buffer {
  const bytes = Buffer.alloc(madeBy === null ? 4 : 6);
  bytes.writeUInt32LE(signature, 0);
  if (madeBy !== null) bytes.writeUInt16LE(madeBy, 4);
  return bytes;
}

/** The part that both headers of a file have, from the version to the length of the extra field. */
function sharedHeader({ name, content, deflated }: ZipEntry & { readonly deflated: Buffer }): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(VERSION, 0);
  bytes.writeUInt16LE(DEFLATED, 4);
  bytes.writeUInt16LE(DATE, 8);
  bytes.writeUInt32LE(crc32(content), 10);
  bytes.writeUInt32LE(deflated.length, 14);
  bytes.writeUInt32LE(content.length, 18);
  bytes.writeUInt16LE(Buffer.byteLength(name), 22);
  return bytes;
}

function centralHeader(localAt: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt32LE(MODE, 6);
  bytes.writeUInt32LE(localAt, 10);
  return bytes;
}

function endOf({
  count,
  length,
  at,
}: {
  readonly count: number;
  readonly length: number;
  readonly at: number;
}): Buffer {
  const bytes = Buffer.alloc(END_LENGTH);
  bytes.writeUInt32LE(END, 0);
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(length, 12);
  bytes.writeUInt32LE(at, 16);
  return bytes;
}
