import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { COMPILE_CACHE, MAIN } from '../rig/programs/headgate.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a user does, in a new directory with these files and only this environment. */
export async function headgate(
  args: readonly string[],
  {
    files = {},
    env = {},
    timeoutMs = 20_000,
    directory,
    input = '',
    main = MAIN,
  }: {
    files?: Readonly<Record<string, string>>;
    env?: Readonly<Record<string, string>>;
    timeoutMs?: number;
    /** Default: a new one, which is removed afterwards. */
    directory?: string;
    input?: string;
    /** Default: the checkout's. */
    main?: string;
  } = {},
): Promise<Ended> {
  const cwd = directory ?? (await mkdtemp(join(tmpdir(), 'headgate-cli-')));
  try {
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(cwd, name), content)));
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { ...COMPILE_CACHE, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
    child.stdin.on('error', () => undefined).end(input);
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { code, stdout, stderr };
  } finally {
    if (directory === undefined) await rm(cwd, { recursive: true });
  }
}
