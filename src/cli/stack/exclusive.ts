import { readFile, rm, writeFile } from 'node:fs/promises';

const PAUSE_MS = 250;

interface Exclusion {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Runs `work` while no other process runs one under the same file, which names the process and is deleted afterwards. */
export async function exclusively<T>(file: string, work: () => Promise<T>, { wait, signal }: Exclusion): Promise<T> {
  while (!(await isTaken(file))) {
    const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (holder > 0 && !isRunning(holder)) await rm(file, { force: true });
    await wait(PAUSE_MS, signal);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

function isTaken(file: string): Promise<boolean> {
  return writeFile(file, String(process.pid), { flag: 'wx' }).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'EEXIST') return false;
      throw thrown;
    },
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
