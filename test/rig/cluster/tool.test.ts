import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDirectory, cached } from './cache.ts';
import { readZip } from '../../../src/desired/sandbox/layer.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-tool-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the cache', () => {
  it('lies where the environment says, else below the home', () => {
    expect(cacheDirectory({ HEADGATE_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/headgate');
    expect(cacheDirectory({ HEADGATE_CACHE: '', XDG_CACHE_HOME: '' })).toMatch(/\/\.cache\/headgate$/);
  });

  it('makes a file once, and again when it was damaged', async () => {
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

  it('keeps nothing of a file whose making failed', async () => {
    const file = join(directory, 'tool');
    const failing = cached(file, async (to) => {
      await writeFile(to, 'half');
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

it('reads a file out of a zip archive, stored or deflated', () => {
  const entry = (name: string, data: Buffer, method: number) => {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const local = Buffer.alloc(30 + name.length);
    local.write('PK\u0003\u0004');
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const central = Buffer.alloc(46 + name.length);
    central.write('PK\u0001\u0002');
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt16LE(name.length, 28);
    central.write(name, 46);
    return { local: Buffer.concat([local, packed]), central };
  };
  const first = entry('a/a', Buffer.from('one'), 0);
  const second = entry('b/b', Buffer.from('two '.repeat(50)), 8);
  second.central.writeUInt32LE(first.local.length, 42);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(2, 10);
  end.writeUInt32LE(first.local.length + second.local.length, 16);
  const zip = Buffer.concat([first.local, second.local, first.central, second.central, end]);
  expect(readZip(zip, 'a/a').toString()).toBe('one');
  expect(readZip(zip, 'b/b').toString()).toBe('two '.repeat(50));
  expect(() => readZip(zip, 'c')).toThrow('no file c');
});

it('takes its servers with it, also when it is killed', async () => {
  const here = dirname(fileURLToPath(import.meta.url));
  const program = `import { startChild } from ${JSON.stringify(join(here, 'child.ts'))};
    const child = startChild('sleeper', ['sleep', '300'], ${JSON.stringify(join(directory, 'log'))});
    console.log(child.pid);
    setInterval(() => undefined, 1000);`;
  await writeFile(join(directory, 'parent.mts'), program);
  const parent = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(directory, 'parent.mts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (line: Buffer) => resolve(Number(line.toString()))),
  );
  const isAlive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  expect(isAlive()).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive()).toBe(false), 5000);
});
