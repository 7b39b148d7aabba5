import { Worker } from 'node:worker_threads';
import type { Readers } from '../deploy/ports/tools.ts';
import { DeployError } from '../error/deploy-error.ts';
import { callReader, readersBy } from './functions.ts';
import type { CallReader } from './functions.ts';
import { readResult, writeCall } from './message.ts';
import type { Call } from './message.ts';

export interface ReadingLimits {
  /** What is not larger is read at once: the event loop waits for less than starting a worker takes. */
  readonly inlineBytes: number;
  readonly heapMb: number;
  readonly timeMs: number;
  readonly workers: number;
}

export const READING_LIMITS: ReadingLimits = { inlineBytes: 32 * 1024, heapMb: 256, timeMs: 30_000, workers: 2 };

/** A worker that has read more is not kept: its heap has grown. */
const KEPT_BYTES = 1024 * 1024;
const TRIES = 2;

export interface ReadersApart {
  readonly readers: Readers;
  close(): void;
}

/** Reads in worker threads, which have limits of time and memory: an input that exceeds them ends nothing but its own run. */
export function readersApart(limits: ReadingLimits = READING_LIMITS): ReadersApart {
  const idle: Worker[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= limits.workers) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  function started(): Worker {
    const worker = startWorker(limits);
    // One that ended while it was idle would answer nothing.
    return worker.once('exit', () => {
      const at = idle.indexOf(worker);
      if (at !== -1) idle.splice(at, 1);
    });
  }

  async function readOnce(call: Call, bytes: number, signal: AbortSignal): Promise<Ended> {
    const worker = idle.pop() ?? started();
    const ended = await ask(worker, call, AbortSignal.any([signal, AbortSignal.timeout(limits.timeMs)]));
    if (ended.kind === 'read' && bytes <= KEPT_BYTES) {
      worker.unref();
      idle.push(worker);
    } else void worker.terminate();
    signal.throwIfAborted();
    return ended;
  }

  const read: CallReader = async (name, parameters, signal) => {
    const bytes = bytesIn(parameters);
    if (bytes <= limits.inlineBytes) return callReader(name, parameters, signal);
    return inTurn(async () => {
      for (let tries = 1; ; tries += 1) {
        const ended = await readOnce({ name, parameters }, bytes, signal);
        if (ended.kind === 'read') return readResult(ended.parts, oneTurn);
        if (ended.kind === 'threw') throw ended.thrown;
        if (tries === TRIES) throw tooMuch(parameters, limits);
      }
    });
  };

  return {
    readers: readersBy(read),
    close() {
      for (const worker of idle.splice(0)) void worker.terminate();
    },
  };
}

function startWorker({ heapMb }: ReadingLimits): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits, env: {} });
  // One that is being terminated, or is idle, may still fail.
  return worker.on('error', () => undefined);
}

type Ended =
  | { readonly kind: 'read'; readonly parts: readonly Uint8Array[] }
  | { readonly kind: 'threw'; readonly thrown: unknown }
  /** It needed too much time or memory. */
  | { readonly kind: 'exceeded' };

function ask(worker: Worker, call: Call, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    const end = (ended: Ended) => {
      worker.off('message', receive).off('error', fail).off('exit', stop);
      signal.removeEventListener('abort', stop);
      resolve(ended);
    };
    const stop = () => end({ kind: 'exceeded' });
    const fail = (thrown: unknown) => end(isOutOfMemory(thrown) ? { kind: 'exceeded' } : { kind: 'threw', thrown });
    const receive = (part: Uint8Array | null) => {
      if (part === null) end({ kind: 'read', parts });
      else parts.push(part);
    };
    worker.on('message', receive).on('error', fail).on('exit', stop);
    signal.addEventListener('abort', stop);
    worker.ref();
    const bytes = writeCall(call);
    worker.postMessage(bytes, [bytes.buffer]);
  });
}

function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

const oneTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The size of the files and texts among the parameters. */
function bytesIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  const parts: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
  let sum = 0;
  for (const part of parts) sum += bytesIn(part);
  return sum;
}

function tooMuch(parameters: readonly unknown[], { heapMb, timeMs }: ReadingLimits): DeployError {
  const [largest] = filesIn(parameters).toSorted((a, b) => b.bytes.length - a.bytes.length);
  return new DeployError('render-limit', {
    subject: largest?.path ?? 'the rendered output',
    message: `parsing took more than ${heapMb} MB of memory or ${timeMs / 1000} s in each attempt`,
    remedy: 'Split the file, and avoid YAML aliases and long lists of short values.',
  });
}

interface FileParameter {
  readonly path: string;
  readonly bytes: Uint8Array;
}

function filesIn(value: unknown): readonly FileParameter[] {
  if (value instanceof Map) return [...value.values()].flatMap((each) => filesIn(each));
  if (Array.isArray(value)) return value.flatMap((each) => filesIn(each));
  return isFile(value) ? [value] : [];
}

function isFile(value: unknown): value is FileParameter {
  return typeof value === 'object' && value !== null && 'bytes' in value && 'path' in value;
}
