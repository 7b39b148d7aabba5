import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { SECRET, TOKEN } from '../testbed/testbed.ts';

export type Line = Readonly<Record<string, unknown>>;

/** Receives the output of a child: each line of its log, and the text as it was written. */
export interface Listener {
  readonly onLine: (line: Line) => void;
  readonly onText: (text: string) => void;
}

/** The programs that run as children: files for Node. */
export interface Programs {
  readonly serve: string;
  readonly uninstall: string;
  readonly steer: string;
}

const HERE = dirname(fileURLToPath(import.meta.url));

/** The sources, for a test with a few starts. */
export const SOURCES: Programs = {
  serve: join(HERE, 'serve-child.ts'),
  uninstall: join(HERE, 'uninstall-child.ts'),
  steer: join(HERE, 'steer-child.ts'),
};

/** Bundles each program into one file, which starts in half the time of its thousand modules. */
export async function bundlePrograms(): Promise<Programs & { readonly remove: () => Promise<void> }> {
  // Below the repository, so that Node finds the packages that are not bundled.
  const root = join(HERE, '..', '..', '..', 'dist');
  await mkdir(root, { recursive: true });
  const directory = await mkdtemp(join(root, 'chaos-'));
  await build({
    entryPoints: Object.values(SOURCES),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return {
    serve: join(directory, 'serve-child.mjs'),
    uninstall: join(directory, 'uninstall-child.mjs'),
    steer: join(directory, 'steer-child.mjs'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Starts a program as a separate process that can be killed. */
export function startChild(program: string, args: readonly string[], { onLine, onText }: Listener): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
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

/** Waits for its end. Returns the exit code, or null when it was killed. */
export async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  if (isRunning(child)) await once(child, 'exit');
  return child.exitCode;
}
