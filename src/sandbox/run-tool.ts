import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** What the command is started by, such as `withoutNetwork`. */
  readonly isolation?: readonly string[];
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
  | { readonly kind: 'failed'; readonly stderr: string }
  | { readonly kind: 'limit'; readonly reason: string }
  | { readonly kind: 'interrupted' };

const LIMITS: ToolLimits = { timeMs: 30_000, outputBytes: 64 * 1024 * 1024, memoryBytes: 1024 * 1024 * 1024 };
const STDERR_BYTES = 64 * 1024;
/** Address space that a Go program reserves at start (measured: it starts with 1 GB but not with 600 MB). */
const GO_RESERVES_BYTES = 1024 * 1024 * 1024;

/**
 * Runs a renderer without our environment and within limits, and always kills it at the end. The shell sets limits that
 * only a process can set for itself; where the system lacks one (macOS has no `ulimit -v`), the others still apply.
 */
export function runTool(run: ToolRun, signal: AbortSignal): Promise<ToolResult> {
  const { command, args, directory, isolation = [] } = run;
  const limits = { ...LIMITS, ...run.limits };
  const kilobytes = Math.ceil((GO_RESERVES_BYTES + limits.memoryBytes) / 1024);
  // The CPU time limit ends the renderer even if this process is killed meanwhile.
  const script = `ulimit -v ${kilobytes} 2>/dev/null; ulimit -c 0; ulimit -t 120; ulimit -f 1048576; exec "$0" "$@"`;
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', script, ...isolation, command, ...args], {
      cwd: join(directory, 'repository'),
      env: { ...minimalEnv(directory, limits), ...run.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let bytes = 0;
    let errorBytes = 0;
    let limit: string | null = null;

    /** Kills the whole process group, because kustomize starts Helm. */
    function kill(reason: string): void {
      limit ??= reason;
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The process has already ended.
      }
    }

    const timer = setTimeout(() => kill(`it ran longer than ${limits.timeMs / 1000} s`), limits.timeMs);
    const onAbort = () => kill('');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > limits.outputBytes) kill(`it printed more than ${limits.outputBytes} bytes`);
      else output.push(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      errorBytes += part.length;
      if (errorBytes <= STDERR_BYTES) errors.push(part);
    });
    function finish(result: ToolResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) resolve({ kind: 'interrupted' });
      else resolve(limit === null ? result : { kind: 'limit', reason: limit });
    }
    child.on('error', (error) => finish({ kind: 'failed', stderr: error.message }));
    child.on('close', (code, killedBy) => {
      const stderr = Buffer.concat(errors).toString();
      if (code === 0) finish({ kind: 'output', bytes: Buffer.concat(output) });
      else if (/out of memory|cannot allocate memory/i.test(stderr) || killedBy === 'SIGKILL')
        finish({ kind: 'limit', reason: `it needed more than ${limits.memoryBytes / 1024 / 1024} MB` });
      else finish({ kind: 'failed', stderr });
    });
  });
}

/** None of our credentials, home directory or proxies; an unreachable proxy keeps tools from fetching anything by accident. */
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
