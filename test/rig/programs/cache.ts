import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

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
 * next to it, so that a broken copy is detected and created again. Two processes may create it at once.
 */
export async function cached(file: string, make: (temporary: string) => Promise<void>): Promise<string> {
  if (await isWhole(file)) return file;
  const temporary = `${file}.${process.pid}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await make(temporary);
    await chmod(temporary, 0o755);
    await writeFile(`${temporary}.sha256`, await sha256(temporary));
    await rename(`${temporary}.sha256`, `${file}.sha256`);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  return file;
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
