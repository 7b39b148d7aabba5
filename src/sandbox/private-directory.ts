import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RenderFile } from '../deploy/ports/tools.ts';
import { DeployError } from '../error/deploy-error.ts';

/** The limit for all files of one render together; configuration is never larger. */
const MAX_TOTAL_BYTES = 192 * 1024 * 1024;

const PREFIX = 'headgate-render-';
/** Far longer than any render takes. */
const ABANDONED_MS = 3_600_000;

/** Removes directories left behind by a process that was killed while rendering. */
export async function removeAbandoned(nowMs: number): Promise<void> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of found) {
    const directory = join(tmpdir(), name);
    const isOld = await stat(directory).then(
      ({ uid, mtimeMs }) => uid === process.getuid?.() && mtimeMs < nowMs - ABANDONED_MS,
      () => false,
    );
    if (isOld) await rm(directory, { recursive: true, force: true });
  }
}

/** Does work in a temporary directory that only this user can read, with the files below `repository`, and then removes it. */
export async function inPrivateDirectory<T>(
  files: readonly RenderFile[],
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), PREFIX));
  try {
    const root = join(directory, 'repository');
    await Promise.all(['repository', 'home', 'tmp'].map((name) => mkdir(join(directory, name), { mode: 0o700 })));
    refuseSize(files);
    const folders = new Set(files.map(({ path }) => dirname(join(root, checked(path)))));
    for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
    // `wx` fails on an existing path instead of following or overwriting it.
    for (const { path, bytes } of files) await writeFile(join(root, path), bytes, { mode: 0o600, flag: 'wx' });
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The walk has already resolved every path, but a bug there must not let us write outside the directory. */
function checked(path: string): string {
  const parts = path.split('/');
  if (!path.startsWith('/') && !path.includes('\0') && parts.every((part) => !['', '.', '..'].includes(part)))
    return path;
  throw new DeployError('render-refused', {
    subject: JSON.stringify(path),
    message: 'is not a path below the root of the repository',
    remedy: 'Rename it.',
  });
}

function refuseSize(files: readonly RenderFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes <= MAX_TOTAL_BYTES) return;
  const largest = files.toSorted((a, b) => b.bytes.length - a.bytes.length)[0];
  throw new DeployError('render-limit', {
    subject: largest?.path ?? '.',
    message: `the files to render have ${bytes} bytes in total, more than the limit of ${MAX_TOTAL_BYTES}`,
    remedy: 'Remove large files from generators.',
  });
}
