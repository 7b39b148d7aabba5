import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A server that is stopped by its process id. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Sends the signal, and kills after five seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Null while it runs. */
  exitCode(): number | null;
  lastOutput(): Promise<string>;
}

const SETPRIV = '/usr/bin/setpriv';

/** Starts a server that the kernel kills with this process: a killed test run leaves nothing behind. */
export function startChild(name: string, command: readonly string[], log: string): Child {
  const [program = '', ...args] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...command] : command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  child.on('error', (error) => file.write(`${error.message}\n`));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    name,
    pid: child.pid ?? -1,
    exitCode: () => (child.pid === undefined ? 127 : (child.exitCode ?? (child.signalCode === null ? null : 128))),
    stop: (signal = 'SIGTERM') => stop(child, gone, signal),
    async lastOutput() {
      return (await readFile(log, 'utf8').catch(() => '')).slice(-3000);
    },
  };
}

const PATIENCE_MS = 5000;

async function stop(child: ChildProcess, gone: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(timer);
}
