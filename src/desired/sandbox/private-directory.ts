import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RenderFile } from '../../deploy/ports/tools.ts';
import { DeployError } from '../../error/deploy-error.ts';

/** Of all files of one render together; what is larger is no configuration. */
const TOTAL_BYTES = 256 * 1024 * 1024;

const PREFIX = 'headgate-render-';
/** No render takes nearly as long. */
const ABANDONED_MS = 3_600_000;

/** Removes what a process left behind that was killed while it rendered. */
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

/** Does work in a directory of its own that nobody else can read, with these files below `repository`; it is gone afterwards. */
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
    // `wx`: nothing that is there already is followed or written over.
    for (const { path, bytes } of files) await writeFile(join(root, path), bytes, { mode: 0o600, flag: 'wx' });
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The walk has resolved every name already; a mistake there must not write elsewhere. */
function checked(path: string): string {
  const parts = path.split('/');
  if (!path.startsWith('/') && !path.includes('\0') && parts.every((part) => !['', '.', '..'].includes(part)))
    return path;
  throw new DeployError('render-refused', {
    subject: JSON.stringify(path),
    message: 'it is no path below the root of a repository',
    remedy: 'Rename it.',
  });
}

function refuseSize(files: readonly RenderFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes <= TOTAL_BYTES) return;
  const largest = files.toSorted((a, b) => b.bytes.length - a.bytes.length)[0];
  throw new DeployError('render-limit', {
    subject: largest?.path ?? '.',
    message: `the files to render have ${bytes} bytes together, and up to ${TOTAL_BYTES} are rendered`,
    remedy: 'Take large files out of generators.',
  });
}
