import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inPrivateDirectory, removeAbandoned } from '../../src/sandbox/private-directory.ts';

const before = process.env['TMPDIR'];
const root = mkdtempSync(join(tmpdir(), 'headgate-private-'));
const NOW_MS = 1_800_000_000_000;

beforeAll(() => {
  process.env['TMPDIR'] = root;
});
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(root, { recursive: true, force: true });
});

describe('a private directory', () => {
  it('contains the files, readable only by this user, and is removed afterwards', async () => {
    const seen = await inPrivateDirectory([{ path: 'a/b/c.txt', bytes: Buffer.from('words') }], (directory) => {
      const file = join(directory, 'repository', 'a', 'b', 'c.txt');
      const modes = [directory, join(directory, 'repository', 'a'), file].map((path) => statSync(path).mode & 0o777);
      return Promise.resolve({ directory, modes, text: readFileSync(file, 'utf8') });
    });
    expect(seen).toMatchObject({ modes: [0o700, 0o700, 0o600], text: 'words' });
    expect(existsSync(seen.directory)).toBe(false);
  });

  it('is removed after a failure too', async () => {
    await expect(inPrivateDirectory([], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(root)).toEqual([]);
  });

  it.each(['../x', '/x', 'a/../../x', 'a//x', './x', '', 'a/\u0000'])('refuses a file at %j', async (path) => {
    const placed = inPrivateDirectory([{ path, bytes: Buffer.from('x') }], () => Promise.resolve());
    await expect(placed).rejects.toMatchObject({ code: 'render-refused' });
    expect(readdirSync(root)).toEqual([]);
  });

  it('of a killed process is removed after an hour, not before', async () => {
    const [old, young] = ['headgate-render-old', 'headgate-render-young'].map((name) => join(root, name));
    const ages: readonly (readonly [string | undefined, number])[] = [
      [old, NOW_MS - 3_600_001],
      [young, NOW_MS - 3_600_000],
      [join(root, 'unrelated'), 0],
    ];
    for (const [path = '', atMs] of ages) {
      mkdirSync(path);
      utimesSync(path, atMs / 1000, atMs / 1000);
    }
    await removeAbandoned(NOW_MS);
    expect(readdirSync(root).toSorted()).toEqual(['headgate-render-young', 'unrelated']);
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
  });
});
