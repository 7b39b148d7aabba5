import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-child-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('ends the servers that a test run started, even when the run itself is killed', async () => {
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
