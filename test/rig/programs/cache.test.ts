import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
