import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { limitCpu } from './cpu-share.ts';

export interface FunctionOptions {
  readonly name: string;
  /** `deploy.handler` */
  readonly handler: string;
  /** The directory of its bundle. */
  readonly taskRoot: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** The content of its layer, mounted at /opt. Default: it has none, as on Lambda. */
  readonly layer?: string;
  /** Of one processor, while it is invoked. Default: all that it can get. */
  readonly cpuShare?: number | undefined;
  /** The program of AWS's runtime client. */
  readonly runtimeClient: string;
  readonly onLine: (line: string) => void;
}

export type Invoked =
  { readonly kind: 'answer'; readonly value: unknown } | { readonly kind: 'error'; readonly message: string };

/** One process of a function, as Lambda runs it: frozen while it is idle, killed when it takes too long. */
export interface Environment {
  isIdle(): boolean;
  isGone(): boolean;
  /** From the start of the process to its first poll for an event. */
  readonly startedMs: number;
  /** Peak resident memory so far, in MB, as the kernel reports it. */
  peakMb(): Promise<number>;
  invoke(event: unknown): Promise<Invoked>;
  stop(): Promise<void>;
}

const NEXT = '/2018-06-01/runtime/invocation/next';

/** Starts the runtime client on the bundle, behind a Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startEnvironment(options: FunctionOptions): Promise<Environment> {
  let polling = Promise.withResolvers<ServerResponse>();
  let current: { readonly id: string; readonly settle: (invoked: Invoked) => void } | null = null;
  let invocations = 0;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === NEXT) {
      polling.resolve(response);
      freeze();
      return;
    }
    const body = await read(request);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    const [, id, what] = /\/invocation\/([^/]+)\/(response|error)$/.exec(request.url ?? '') ?? [];
    if (what === undefined) polling.reject(new Error(`${options.name} failed to start: ${body}`));
    if (current === null || id !== current.id) return;
    const value: unknown = body === '' ? null : JSON.parse(body);
    current.settle(what === 'response' ? { kind: 'answer', value } : { kind: 'error', message: body });
    current = null;
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const beganMs = performance.now();
  const [command, ...args] = withLayer(options.layer, [process.execPath, options.runtimeClient, options.handler]);
  const child = spawn(command, args, {
    cwd: options.taskRoot,
    env: { ...environmentOf(options), AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => options.onLine(line));
  }
  const gone = once(child, 'exit');
  child.on('exit', () => {
    polling.reject(new Error(`${options.name} exited before it polled for an event`));
    current?.settle({ kind: 'error', message: 'Runtime exited' });
    current = null;
    server.closeAllConnections();
  });
  const endLimit =
    options.cpuShare === undefined ? () => undefined : limitCpu(child, options.cpuShare, () => current !== null);
  child.on('exit', endLimit);
  const isGone = () => child.exitCode !== null || child.signalCode !== null;

  function freeze(): void {
    if (current === null) child.kill('SIGSTOP');
  }

  await polling.promise;
  const startedMs = performance.now() - beganMs;
  return {
    startedMs,
    isGone,
    isIdle: () => current === null && !isGone(),
    async peakMb() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    async invoke(event) {
      const next = await polling.promise;
      polling = Promise.withResolvers<ServerResponse>();
      // The process may exit while nothing awaits this promise.
      polling.promise.catch(() => undefined);
      invocations += 1;
      const id = `${options.name}-${invocations}`;
      const invoked = Promise.withResolvers<Invoked>();
      current = { id, settle: invoked.resolve };
      child.kill('SIGCONT');
      const deadlineMs = Date.now() + options.timeoutMs;
      next.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': id,
        'lambda-runtime-deadline-ms': String(deadlineMs),
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:eu-west-1:999988887777:function:${options.name}`,
      });
      next.end(JSON.stringify(event));
      const timer = setTimeout(() => {
        invoked.resolve({ kind: 'error', message: 'Task timed out' });
        child.kill('SIGKILL');
      }, options.timeoutMs);
      return invoked.promise.finally(() => clearTimeout(timer));
    },
    async stop() {
      child.kill('SIGKILL');
      await gone;
      server.closeAllConnections();
      server.close();
    },
  };
}

/** In a separate mount namespace; `exec` keeps the process id, which is stopped and continued. */
function withLayer(layer: string | undefined, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (layer === undefined) return command;
  const script = 'mount --bind "$0" /opt && exec "$@"';
  return ['/usr/bin/unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, layer, ...command];
}

function environmentOf({ name, handler, taskRoot, env, memoryMb }: FunctionOptions) {
  return {
    PATH: '/usr/bin:/bin',
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    ...env,
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}
