import { randomUUID } from 'node:crypto';
import { readBatch, serveBatch } from '../aws/batch.ts';
import type { BatchAnswer } from '../aws/batch.ts';
import type { Handled } from '../aws/consumer.ts';
import type { DeployRequest } from '../deploy/request.ts';
import { reportDead, runRequests } from '../deploy/run.ts';
import type { Runtime } from '../deploy/run.ts';
import { asDeployError } from '../error/deploy-error.ts';
import { functionRuntime } from './function-runtime.ts';
import type { FunctionWorld } from './function-world.ts';
import { wait } from './wait.ts';

/** Serves the queues of the deploy function: requests, and those that the queue gave up on. */
export function deployFunction(world: FunctionWorld, deployQueueUrl: string) {
  const runtime = functionRuntime(world, `deploy-${randomUUID()}`);
  const nameOf = (address: string) => address.split(/[:/]/).at(-1) ?? '';
  const deployQueue = nameOf(deployQueueUrl);

  return async function serve(event: unknown, memoryMb: number, signal: AbortSignal): Promise<BatchAnswer> {
    const batch = readBatch(event);
    const isDead = nameOf(batch.queueArn) !== deployQueue;
    const options = {
      queue: world.queueOf(batch.queueArn),
      handler: isDead ? reportAll(runtime) : runAll(runtime),
      concurrency: concurrencyOf(memoryMb),
      log: world.log,
      wait,
      random: Math.random,
    };
    return serveBatch(batch, options, signal);
  };
}

type Handler = (requests: readonly DeployRequest[], signal: AbortSignal) => Promise<Handled>;

function runAll(runtime: Runtime): Handler {
  return (requests, signal) => runRequests(requests, runtime, signal);
}

/** The last word is tried as often as it takes: the queue of dead letters keeps a message for days. */
function reportAll(runtime: Runtime): Handler {
  return async (requests, signal) => {
    for (const request of requests) {
      try {
        await reportDead(request, runtime, signal);
      } catch (thrown) {
        const errors = [asDeployError(thrown).problem];
        runtime.log({ level: 'warn', message: 'not-reported', target: request.target, errors });
        return { kind: 'retry', afterMs: null };
      }
    }
    return { kind: 'done' };
  };
}

/** Node itself, and then so much for each run that reads a large repository. */
const BASE_MB = 128;
const RUN_MB = 96;

function concurrencyOf(memoryMb: number): number {
  return Math.max(1, Math.floor((memoryMb - BASE_MB) / RUN_MB));
}
