import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDataDirectory } from '../../../src/platforms/local/data-directory.ts';
import { openDatabase } from '../../../src/platforms/local/database.ts';
import { holderOf } from '../../../src/platforms/local/holder.ts';
import { lockDirectory } from '../../../src/platforms/local/lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-data-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('a data directory', () => {
  it('may be read and written by its user alone, with everything in it', async () => {
    const path = join(directory, 'new');
    await makeDataDirectory(path);
    // As an earlier version left it.
    await writeFile(join(path, 'queue.db'), '');
    await chmod(join(path, 'queue.db'), 0o644);
    const db = openDatabase(path);
    const lock = lockDirectory(path);
    await holderOf(path);
    const modes = await Promise.all(
      ['', 'queue.db', 'queue.db-wal', 'queue.db-shm', 'serve.lock', 'holder'].map((name) => modeOf(join(path, name))),
    );
    expect(modes).toEqual(['700', '600', '600', '600', '600', '600']);
    lock.release();
    db.close();
  });

  it('that is a file is reported with its remedy', async () => {
    const path = join(directory, 'file');
    await writeFile(path, 'x');
    await expect(makeDataDirectory(path)).rejects.toMatchObject({
      code: 'usage',
      subject: path,
      message: expect.stringMatching(/^cannot be used as the data directory: /) as string,
    });
  });

  it('keeps its lease holder over restarts, and a copy of it gets another one', async () => {
    const holder = await holderOf(directory);
    expect(await holderOf(directory)).toBe(holder);
    const copy = join(directory, 'copy');
    await makeDataDirectory(copy);
    await cp(join(directory, 'holder'), join(copy, 'holder'));
    expect(await readFile(join(copy, 'holder'), 'utf8')).toContain(holder);
    const other = await holderOf(copy);
    expect(other).not.toBe(holder);
    expect(await holderOf(copy)).toBe(other);
  });
});
