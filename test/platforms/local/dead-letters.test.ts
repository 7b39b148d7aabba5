import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readDeadLetters } from '../../../src/platforms/local/dead-letters.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import type { LocalQueues } from '../../../src/platforms/local/queues.ts';

const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 1);

let directory: string;
let nowMs = START;
let queues: LocalQueues;

const open = () => openLocalQueues({ dataDirectory: directory, nowMs: () => nowMs });
const listed = () => readDeadLetters(directory, nowMs).map(({ target }) => target);
const letter = (target: string) => ({ target, delivery: 'd', revision: null, at: new Date(nowMs).toISOString() });

beforeEach(async () => {
  nowMs = START;
  directory = await mkdtemp(join(tmpdir(), 'headgate-dead-'));
  queues = await open();
});
afterEach(async () => {
  await queues.close();
  await rm(directory, { recursive: true, force: true });
});

it('keeps dead letters for two weeks, across restarts, until their target is deployed', async () => {
  queues.deadLetters.add(letter('a'));
  await queues.close();
  queues = await open();
  queues.deadLetters.add(letter('b'));
  queues.deadLetters.add({ ...letter('c'), revision: 'a'.repeat(40) });
  expect(listed()).toEqual(['a', 'b', 'c']);
  queues.deadLetters.clear('b');
  expect(readDeadLetters(directory, nowMs)).toEqual([letter('a'), { ...letter('c'), revision: 'a'.repeat(40) }]);
  nowMs = START + 14 * DAY - 1;
  expect(listed()).toEqual(['a', 'c']);
  nowMs = START + 14 * DAY;
  expect(listed()).toEqual([]);
});

it('reads dead letters while serve is running and after it has stopped', async () => {
  queues.deadLetters.add(letter('a'));
  expect(listed()).toEqual(['a']);
  await queues.close();
  expect(listed()).toEqual(['a']);
  queues = await open();
});

it('reads no dead letters from a directory that serve never used', async () => {
  expect(readDeadLetters(join(directory, 'other'), nowMs)).toEqual([]);
});

it('records the next dead letter after one that could not be written', async () => {
  const other = new DatabaseSync(join(directory, 'queue.db'));
  other.exec('BEGIN IMMEDIATE');
  expect(() => queues.deadLetters.add(letter('a'))).toThrow('database is locked');
  other.close();
  queues.deadLetters.add(letter('b'));
  queues.deadLetters.clear('none');
  expect(listed()).toEqual(['b']);
});
