import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The variable that names the directory of this test run (test/run/run-directory.ts). */
export const RUN_DIRECTORY = 'HEADGATE_TEST_RUN';

/**
 * A directory that the first test file that needs it fills, and that all files of the run read. When it cannot be filled,
 * it fails for all of them.
 */
export async function onceInRun(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const run = process.env[RUN_DIRECTORY];
  if (run === undefined) throw new Error(`${RUN_DIRECTORY} is not set. Add test/run/run-directory.ts to globalSetup.`);
  const directory = join(run, name);
  const ended = join(run, `${name}.ended`);
  if (await isFirst(directory)) {
    const failure = await make(directory).then(
      () => '',
      (thrown: unknown) => String(thrown),
    );
    await writeFile(`${ended}.new`, failure);
    await rename(`${ended}.new`, ended);
  }
  const failure = await contentOf(ended);
  if (failure !== '') throw new Error(`${name} could not be made: ${failure}`);
  return directory;
}

async function isFirst(directory: string): Promise<boolean> {
  return mkdir(directory).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'EEXIST') return false;
      throw thrown;
    },
  );
}

/** Waits for the file: the time limit of the test or hook ends the wait. */
async function contentOf(file: string): Promise<string> {
  for (;;) {
    const content = await readFile(file, 'utf8').catch(() => null);
    if (content !== null) return content;
    await wait(50);
  }
}
