import { randomUUID } from 'node:crypto';
import { readBatch, serveBatch } from '../../queue/batch.ts';
import type { BatchAnswer } from '../../queue/batch.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { deployWork } from '../deploy-work.ts';
import { functionRuntime, withWork } from './function-runtime.ts';
import { isVerification } from './verify-secrets.ts';
import type { ProbeResult } from '../probes/probe.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { slotsOf } from './slots-of.ts';
import { wait } from '../wait.ts';

/** Serves the deploy queue: requests, and reports about those that were given up. */
export function deployFunction(world: FunctionEnvironment) {
  const runtime = functionRuntime(world, { holder: `deploy-${randomUUID()}` });
  const ready = withWork(runtime, world);
  const { log } = world;

  return async function serve(
    event: unknown,
    { memoryMb, usableMs, signal }: Invocation,
  ): Promise<BatchAnswer | readonly ProbeResult[]> {
    if (isVerification(event)) {
      const { verifyTargets } = await import('./verify.ts');
      return verifyTargets(event, { world, runtime }, signal);
    }
    const batch = readBatch(event);
    // A run that starts late continues in the next invocation; one that needs more than a whole invocation never ends.
    const bounded = {
      ...(await ready()),
      open: (...[target, revision]: OpenArgs) => runtime.open(target, revision, usableMs),
    };
    const queue = world.queueOf(batch.queueArn);
    const options = {
      queue,
      remove: (receipts: readonly string[]) => queue.remove(receipts),
      log,
      wait,
      random: Math.random,
    };
    const needed = slotsOf(batch, concurrencyOf(memoryMb), runtime);
    return serveBatch(batch, { ...options, ...needed, ...deployWork(bounded) }, signal);
  };
}

export interface Invocation {
  readonly memoryMb: number;
  /** The time until it is interrupted. */
  readonly usableMs: number;
  readonly signal: AbortSignal;
}

type OpenArgs = Parameters<Runtime['open']>;

/** Memory of Node itself, and of each run that reads a large repository. */
const BASE_MB = 128;
const RUN_MB = 96;

function concurrencyOf(memoryMb: number): number {
  return Math.max(1, Math.floor((memoryMb - BASE_MB) / RUN_MB));
}
