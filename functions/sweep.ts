import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { sweepDrift } from '../src/deploy/drift/detect-drift.ts';
import { sweep } from '../src/deploy/sweep.ts';
import { drainDeadLetters } from '../src/app/functions/drain-dead-letters.ts';
import { functionRuntime } from '../src/app/functions/function-runtime.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';

const world = functionEnvironment({ directory: import.meta.dirname, env: process.env, randomId: randomUUID });
const runtime = functionRuntime(world, `sweep-${randomUUID()}`);
const queue = world.queueAt('HEADGATE_DEPLOY_QUEUE_URL');

/** Triggered on a schedule: queues targets that are behind their tip and, unless the input has `drift: false`, drifted objects. */
export const handler = (event: { readonly drift?: boolean } | null, context: LambdaContext) =>
  interruptBefore(context, async (signal) => {
    await drainDeadLetters(world, queue, signal);
    const drifted = event?.drift === false ? [] : await sweepDrift(runtime, signal);
    const requests = [...(await sweep(runtime, signal)), ...drifted];
    if (requests.length > 0) await queue.send(requests, signal);
    return { queued: requests.map(({ target }) => target) };
  });
