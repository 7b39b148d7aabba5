import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deadLetters } from '../../../src/platforms/local/dead-letters.ts';

const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 1);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-dead-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const letter = (target: string) => ({ target, delivery: 'd', revision: null, at: new Date(START).toISOString() });

it('keeps dead letters for two weeks, over restarts, until their target is well', async () => {
  let nowMs = START;
  const open = () => deadLetters({ dataDirectory: directory, nowMs: () => nowMs });
  await open().add(letter('a'));
  const letters = open();
  await Promise.all([letters.add(letter('b')), letters.add(letter('c'))]);
  expect((await open().list()).map(({ target }) => target)).toEqual(['a', 'b', 'c']);
  await letters.clear('b');
  expect((await open().list()).map(({ target }) => target)).toEqual(['a', 'c']);
  nowMs = START + 14 * DAY - 1;
  expect(await open().list()).toHaveLength(2);
  nowMs = START + 14 * DAY;
  expect(await open().list()).toEqual([]);
});
