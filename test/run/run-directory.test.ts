import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RUN_DIRECTORY } from '../rig/programs/once.ts';
import { setup } from './run-directory.ts';

let before: string | undefined;

beforeEach(() => {
  before = process.env[RUN_DIRECTORY];
  delete process.env[RUN_DIRECTORY];
});

afterEach(() => {
  if (before === undefined) delete process.env[RUN_DIRECTORY];
  else process.env[RUN_DIRECTORY] = before;
});

it('a run has one directory for all of its projects, and the next run of the same process has its own', async () => {
  const teardowns = [await setup(), await setup()];
  const first = process.env[RUN_DIRECTORY];
  expect(existsSync(first ?? '')).toBe(true);
  for (const teardown of teardowns) await teardown();
  expect(existsSync(first ?? '')).toBe(false);

  const teardown = await setup();
  const second = process.env[RUN_DIRECTORY];
  expect(existsSync(second ?? '')).toBe(true);
  await teardown();
  expect(second).not.toBe(first);
});
