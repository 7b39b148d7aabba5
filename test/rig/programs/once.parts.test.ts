import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RUN_DIRECTORY, onceInRun } from './once.ts';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'headgate-once-'));
  vi.stubEnv(RUN_DIRECTORY, run);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(run, { recursive: true });
});

it('makes a directory once, and all who need it wait until it is whole', async () => {
  let made = 0;
  const use = async () => {
    const directory = await onceInRun('tool', async (to) => {
      made += 1;
      await writeFile(join(to, 'first'), 'half');
      await new Promise(setImmediate);
      await writeFile(join(to, 'first'), 'whole');
    });
    return readFile(join(directory, 'first'), 'utf8');
  };
  expect(await Promise.all([use(), use(), use()])).toEqual(['whole', 'whole', 'whole']);
  expect([made, await use()]).toEqual([1, 'whole']);
});

it('fails with the reason for all who need it when it cannot be made', async () => {
  const use = async () => onceInRun('tool', () => Promise.reject(new Error('broken')));
  const reasons = await Promise.allSettled([use(), use()]);
  expect(reasons.map((each) => each.status === 'rejected' && String(each.reason))).toEqual(
    Array(2).fill('Error: tool could not be made: Error: broken'),
  );
});
