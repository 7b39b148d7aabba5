import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory, cached } from './cache.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-cache-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the cache', () => {
  it('is in the directory that the environment names, or else below the home directory', () => {
    expect(cacheDirectory({ HEADGATE_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/headgate');
    expect(cacheDirectory({ HEADGATE_CACHE: '', XDG_CACHE_HOME: '' })).toMatch(/\/\.cache\/headgate$/);
  });

  it('makes a file once, and makes it again when it was damaged', async () => {
    const file = join(directory, 'tool');
    let made = 0;
    const make = async (to: string) => {
      made += 1;
      await writeFile(to, 'whole');
    };
    await cached(file, make);
    await cached(file, make);
    expect(made).toBe(1);
    await writeFile(file, 'half');
    await cached(file, make);
    expect([made, await readFile(file, 'utf8')]).toEqual([2, 'whole']);
  });

  it('makes a file once for all that request it at the same time', async () => {
    const file = join(directory, 'tool');
    let made = 0;
    const make = async (to: string) => {
      made += 1;
      await new Promise(setImmediate);
      await writeFile(to, 'whole');
    };
    expect(await Promise.all([cached(file, make), cached(file, make)])).toEqual([file, file]);
    expect(made).toBe(1);
  });

  it('does not wait for a process that was killed while it made the file', async () => {
    const file = join(directory, 'tool');
    const noProcess = 2 ** 22 + 1; // Linux gives no number above 2 ** 22.
    await writeFile(`${file}.lock`, String(noProcess));
    await cached(file, (to) => writeFile(to, 'whole'));
    expect(await readFile(file, 'utf8')).toBe('whole');
    expect(await readdir(directory)).not.toContain('tool.lock');
  });

  it('keeps no part of a file that could not be created', async () => {
    const file = join(directory, 'tool');
    const failing = cached(file, async (to) => {
      await writeFile(to, 'half');
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});
