import { gunzipSync } from 'node:zlib';

/** One file of an archive. */
export interface ArchivedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const INFLATED_BYTES = 64 * 1024 * 1024;
const BLOCK = 512;

/** The files of a `.tgz` as Helm reads it: gzip, and tar with the long names of GNU and POSIX. Null: it cannot
 * be read, or has links or paths that lead out of it. */
export function filesInArchive(archive: Uint8Array): readonly ArchivedFile[] | null {
  try {
    return filesInTar(gunzipSync(archive, { maxOutputLength: INFLATED_BYTES }));
  } catch {
    return null;
  }
}

function filesInTar(tar: Buffer): readonly ArchivedFile[] | null {
  const files: ArchivedFile[] = [];
  let longName: string | null = null;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK);
    const size = sizeIn(header);
    const end = at + BLOCK + size;
    if (size < 0 || end > tar.length) return null;
    const bytes = tar.subarray(at + BLOCK, end);
    const type = textIn(header, 156, 1);
    if (type === '1' || type === '2') return null;
    if (type === 'L') longName = textIn(bytes, 0, bytes.length);
    else if (type === 'x') longName = paxPath(bytes) ?? longName;
    else {
      const path = longName ?? nameIn(header);
      if (path.startsWith('/') || path.includes('\\') || path.split('/').includes('..')) return null;
      if (type === '0' || type === '') files.push({ path, bytes });
      if (type !== 'g') longName = null;
    }
    at = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** Octal digits, or a large number in base 256, which no chart needs. */
function sizeIn(header: Buffer): number {
  const text = textIn(header, 124, 12).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(`0${text}`, 8) : -1;
}

function nameIn(header: Buffer): string {
  const prefix = textIn(header, 257, 5) === 'ustar' ? textIn(header, 345, 155) : '';
  return `${prefix === '' ? '' : `${prefix}/`}${textIn(header, 0, 100)}`;
}

/** The path in records such as `18 path=dir/name\n`. */
function paxPath(bytes: Buffer): string | null {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(bytes.toString())?.[1] ?? null;
}

/** Up to the first zero byte. */
function textIn(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}
