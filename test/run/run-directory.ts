import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_DIRECTORY } from '../rig/programs/once.ts';

/** A directory for what the test files of one run share. The projects of a run are set up in one process. */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[RUN_DIRECTORY] !== undefined) return () => Promise.resolve();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-run-'));
  process.env[RUN_DIRECTORY] = directory;
  return async () => {
    // `npm run test:all` has several runs in one process.
    delete process.env[RUN_DIRECTORY];
    await rm(directory, { recursive: true, force: true });
  };
}
