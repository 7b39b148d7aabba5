import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** `$HEADGATE_CACHE`, else `$XDG_CACHE_HOME/headgate`, else `~/.cache/headgate`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env['HEADGATE_CACHE'] !== undefined && env['HEADGATE_CACHE'] !== '') return env['HEADGATE_CACHE'];
  const base =
    env['XDG_CACHE_HOME'] !== undefined && env['XDG_CACHE_HOME'] !== ''
      ? env['XDG_CACHE_HOME']
      : join(homedir(), '.cache');
  return join(base, 'headgate');
}

/**
 * A file of the cache, created by `make` if it is missing. It is moved into place when complete, and its checksum is stored
 * next to it, so that a broken copy is detected and created again. One process creates it, and the others wait for it.
 */
export async function cached(file: string, make: (temporary: string) => Promise<void>): Promise<string> {
  if (await isWhole(file)) return file;
  await mkdir(dirname(file), { recursive: true });
  const unlock = await lock(`${file}.lock`);
  try {
    if (!(await isWhole(file))) await create(file, make);
  } finally {
    await unlock();
  }
  return file;
}

async function create(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await make(temporary);
    await chmod(temporary, 0o755);
    await writeFile(`${temporary}.sha256`, await sha256(temporary));
    await rename(`${temporary}.sha256`, `${file}.sha256`);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The lock names its process, because a process that is killed leaves it. The time limit of the caller ends the wait. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
    if (!(await isHeld(path))) await rm(path, { force: true });
    await wait(50);
  }
}

async function isHeld(path: string): Promise<boolean> {
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  // It is empty while its process writes it.
  if (holder === 0) return true;
  try {
    return process.kill(holder, 0);
  } catch {
    return false;
  }
}

async function isWhole(file: string): Promise<boolean> {
  try {
    await access(file);
    return (await readFile(`${file}.sha256`, 'utf8')) === (await sha256(file));
  } catch {
    return false;
  }
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
