import { spawn } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

/** `headgate serve` as a separate process, so that its CPU time and memory can be measured. */
export interface Served {
  readonly url: string;
  readonly log: readonly LogLine[];
  /** The first matching line, logged already or in the future. */
  line(isMeant: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine>;
  cpuMs(): Promise<number>;
  /** Peak resident memory since the last call, in MB. */
  peakMb(): Promise<number>;
  stop(): Promise<void>;
}

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'cli', 'main.ts');

export async function startServed(options: {
  readonly config: string;
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
}): Promise<Served> {
  const { config, data, env, flags } = options;
  const args = ['--config', config, '--data-dir', data, '--log-format', 'json', 'serve', '--port', '0'];
  const more = ['--sweep-interval', '10h', ...flags];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const log: LogLine[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    log.push(JSON.parse(text) as LogLine);
    for (const listener of listeners) listener();
  });

  function line(isMeant: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      let seen = 0;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        listeners.delete(look);
        settle();
      };
      const look = () => {
        const found = log.slice(seen).find((each) => isMeant(each));
        seen = log.length;
        if (found !== undefined) end(() => resolve(found));
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`not logged in ${timeoutMs} ms; last: ${JSON.stringify(log.at(-1))}`))),
        timeoutMs,
      );
      listeners.add(look);
      void gone.then(() => end(() => reject(new Error('headgate serve ended'))));
      look();
    });
  }

  const proc = `/proc/${child.pid}`;
  const listening = await line(({ message }) => message === 'listening', 30_000);
  return {
    url: String(listening['url']),
    log,
    line,
    async cpuMs() {
      const tasks = await readdir(`${proc}/task`);
      const times = await Promise.all(
        tasks.map((task) => readFile(`${proc}/task/${task}/schedstat`, 'utf8').catch(() => '0')),
      );
      return times.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
    },
    async peakMb() {
      const status = await readFile(`${proc}/status`, 'utf8');
      // 5 resets the peak (proc(5)).
      await writeFile(`${proc}/clear_refs`, '5');
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
