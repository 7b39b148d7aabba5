import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SECRET, TOKEN } from '../e2e/house.ts';

export type Line = Readonly<Record<string, unknown>>;

/** Where a child's words go: each line of its log, and everything as it was written. */
export interface Listener {
  readonly onLine: (line: Line) => void;
  readonly onText: (text: string) => void;
}

const HERE = dirname(fileURLToPath(import.meta.url));

/** A program of this folder as a process of its own, which can be killed. */
export function startChild(script: string, args: readonly string[], { onLine, onText }: Listener): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(HERE, script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FLEET_TOKEN: TOKEN, FLEET_SECRET: SECRET },
  });
  child.stderr.on('data', (part: Buffer) => onText(part.toString()));
  createInterface({ input: child.stdout }).on('line', (text) => {
    onText(`${text}\n`);
    onLine(JSON.parse(text) as Line);
  });
  return child;
}

export function isRunning(child: ChildProcess | null): child is ChildProcess {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

/** Its exit code; null when it was killed. */
export async function ended(child: ChildProcess): Promise<number | null> {
  if (isRunning(child)) await once(child, 'exit');
  return child.exitCode;
}
