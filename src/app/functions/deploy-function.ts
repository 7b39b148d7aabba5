import { randomUUID } from 'node:crypto';
import { readBatch, serveBatch } from '../../queue/batch.ts';
import type { Batch, BatchAnswer } from '../../queue/batch.ts';
import { readCheck } from '../../queue/check-message.ts';
import { readRequest } from '../../queue/message.ts';
import type { Work } from '../../queue/work.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { DeployRequest, Recipient } from '../../deploy/ports/request.ts';
import { reportDead } from '../../deploy/report/report-dead.ts';
import { runRequests } from '../../deploy/requests/run-requests.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { serversOf as serversOfRecipient } from '../servers-of.ts';
import { functionRuntime } from './function-runtime.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { wait } from '../wait.ts';

export interface QueueUrls {
  readonly deploy: string;
  readonly check: string;
}

/** Serves the queues of the deploy function: requests, checks, and the dead letters of both. */
export function deployFunction(world: FunctionEnvironment, urls: QueueUrls) {
  const runtime = functionRuntime(world, `deploy-${randomUUID()}`);

  function serveAs<T extends Recipient>(batch: Batch, work: Work<T>, at: Serving) {
    const { log } = world;
    const { length: all } = batch.messages;
    // What waits for a silent server holds none of the memory that limits the others.
    const limits = { answering: at.concurrency, unproven: at.concurrency, silent: all, perServer: all };
    const slots = { limits, conditionOf: runtime.servers.conditionOf };
    const serversOf = (request: T) => serversOfRecipient(request, runtime.config);
    const options = { queue: world.queueOf(batch.queueArn), log, wait, random: Math.random, slots, serversOf };
    return serveBatch(batch, { ...options, ...work }, at.signal);
  }

  return function serve(event: unknown, { memoryMb, usableMs, signal }: Invocation): Promise<BatchAnswer> {
    const batch = readBatch(event);
    const at = { concurrency: concurrencyOf(memoryMb), signal };
    // A run that starts late continues in the next invocation; one that needs more than a whole invocation never ends.
    const bounded = { ...runtime, open: (...[target, revision]: OpenArgs) => runtime.open(target, revision, usableMs) };
    switch (nameOf(batch.queueArn)) {
      case nameOf(urls.deploy):
        return serveAs(batch, deploys(bounded), at);
      case nameOf(urls.check):
        // A check mostly waits.
        return serveAs(batch, checks(runtime), { ...at, concurrency: batch.messages.length });
      default:
        return serveAs(batch, deadLetters(runtime), at);
    }
  };
}

export interface Invocation {
  readonly memoryMb: number;
  /** The time until it is interrupted. */
  readonly usableMs: number;
  readonly signal: AbortSignal;
}

type OpenArgs = Parameters<Runtime['open']>;

interface Serving {
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Both an ARN and a URL end in the queue's name. */
function nameOf(address: string): string {
  return address.split(/[:/]/).at(-1) ?? '';
}

function deploys(runtime: Runtime): Work<DeployRequest> {
  return {
    read: readRequest,
    keepUnreadable: null,
    handler: (requests, signal) => runRequests(requests, runtime, signal),
  };
}

function checks(runtime: Runtime): Work<CheckRequest> {
  return {
    read: readCheck,
    keepUnreadable: null,
    async handler(requests, signal) {
      // An environment that deploys does not need it.
      const { checkAll } = await import('../../deploy/readiness/check.ts');
      await checkAll(requests, runtime, signal);
      return { kind: 'done' };
    },
  };
}

/** The final status is retried until it is written: the dead-letter queue keeps messages for days. */
function deadLetters(runtime: Runtime): Work<DeployRequest> {
  return {
    read: (body) => readRequest(body) ?? requestOf(readCheck(body)),
    // The last queue: an unreadable message is logged and removed.
    keepUnreadable: async () => undefined,
    async handler(requests, signal) {
      try {
        for (const request of requests) await reportDead(request, runtime, signal);
        return { kind: 'done' };
      } catch (thrown) {
        const errors = [asDeployError(thrown).problem];
        runtime.log({ level: 'warn', message: 'not-reported', target: requests[0]?.target, errors });
        return { kind: 'retry', afterMs: null };
      }
    },
  };
}

/** A check that never ran leaves its commit without a final status, as a request does. */
function requestOf(check: CheckRequest | null): DeployRequest | null {
  if (check === null) return null;
  const { target, generatedFrom: from, trigger, revision, sinceMs } = check;
  const hint = { revision, rootTree: null, isForced: false };
  return { target, generatedFrom: from, trigger, hint, at: new Date(sinceMs).toISOString() };
}

/** Memory of Node itself, and of each run that reads a large repository. */
const BASE_MB = 128;
const RUN_MB = 96;

function concurrencyOf(memoryMb: number): number {
  return Math.max(1, Math.floor((memoryMb - BASE_MB) / RUN_MB));
}
