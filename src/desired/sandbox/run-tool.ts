import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<ToolLimits>;
}

export interface ToolLimits {
  readonly timeMs: number;
  readonly outputBytes: number;
  readonly memoryBytes: number;
}

export type ToolResult =
  | { readonly kind: 'output'; readonly bytes: Buffer }
  | { readonly kind: 'failed'; readonly words: string }
  | { readonly kind: 'limit'; readonly what: string }
  | { readonly kind: 'interrupted' };

const LIMITS: ToolLimits = { timeMs: 30_000, outputBytes: 64 * 1024 * 1024, memoryBytes: 1024 * 1024 * 1024 };
const WORDS_BYTES = 64 * 1024;
/** Address space that a Go program takes before it uses any (measured: it starts with 1 GB and not with 600 MB). */
const GO_RESERVES_BYTES = 1024 * 1024 * 1024;

/**
 * Runs a renderer with nothing of our environment, within limits, and surely ends it. The shell sets what only a process
 * can set for itself; where a system lacks a limit (macOS has no `ulimit -v`), the others remain.
 */
export function runTool(run: ToolRun, signal: AbortSignal): Promise<ToolResult> {
  const { command, args, directory } = run;
  const limits = { ...LIMITS, ...run.limits };
  const kilobytes = Math.ceil((GO_RESERVES_BYTES + limits.memoryBytes) / 1024);
  // The processor time is the last word should this process itself be killed while it waits.
  const script = `ulimit -v ${kilobytes} 2>/dev/null; ulimit -c 0; ulimit -t 120; ulimit -f 1048576; exec "$0" "$@"`;
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script, command, ...args], {
      cwd: join(directory, 'repository'),
      env: { ...minimalEnv(directory, limits), ...run.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output: Buffer[] = [];
    const words: Buffer[] = [];
    let bytes = 0;
    let wordBytes = 0;
    let limit: string | null = null;

    /** The whole group: kustomize starts Helm. */
    function end(what: string): void {
      limit ??= what;
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }

    const timer = setTimeout(() => end(`it ran longer than ${limits.timeMs / 1000} s`), limits.timeMs);
    const onAbort = () => end('');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > limits.outputBytes) end(`it printed more than ${limits.outputBytes} bytes`);
      else output.push(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      wordBytes += part.length;
      if (wordBytes <= WORDS_BYTES) words.push(part);
    });
    function settle(result: ToolResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) resolve({ kind: 'interrupted' });
      else resolve(limit === null ? result : { kind: 'limit', what: limit });
    }
    child.on('error', (error) => settle({ kind: 'failed', words: error.message }));
    child.on('close', (code, killedBy) => {
      const text = Buffer.concat(words).toString();
      if (code === 0) settle({ kind: 'output', bytes: Buffer.concat(output) });
      else if (/out of memory|cannot allocate memory/i.test(text) || killedBy === 'SIGKILL')
        settle({ kind: 'limit', what: `it needed more than ${limits.memoryBytes / 1024 / 1024} MB` });
      else settle({ kind: 'failed', words: text });
    });
  });
}

/** No credentials, no home, no proxy that would be ours: and a proxy that is nowhere, so that nothing is fetched by accident. */
function minimalEnv(directory: string, { memoryBytes }: ToolLimits): Record<string, string> {
  const home = join(directory, 'home');
  return {
    HOME: home,
    TMPDIR: join(directory, 'tmp'),
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_CACHE_HOME: home,
    HELM_DATA_HOME: home,
    KUBECONFIG: join(home, 'none'),
    PATH: '/nonexistent',
    LANG: 'C.UTF-8',
    GOMEMLIMIT: String(Math.floor(memoryBytes * 0.8)),
    GOMAXPROCS: '2',
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
  };
}
