import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/aws/lambda-context.ts';
import type { LambdaContext } from '../src/aws/lambda-context.ts';
import { lookForDrift } from '../src/deploy/look-for-drift.ts';
import { sweep } from '../src/deploy/sweep.ts';
import { functionRuntime } from '../src/runtime/function-runtime.ts';
import { functionWorld } from '../src/runtime/function-world.ts';

const world = functionWorld({ directory: import.meta.dirname, env: process.env, randomId: randomUUID });
const runtime = functionRuntime(world, `sweep-${randomUUID()}`);
const queue = world.queueAt('HEADGATE_DEPLOY_QUEUE_URL');

/** On a schedule: queues the targets that are not where their tip is, and, unless its input says no, what has drifted. */
export const handler = (event: { readonly drift?: boolean } | null, context: LambdaContext) =>
  interruptBefore(context, async (signal) => {
    const drifted = event?.drift === false ? [] : await lookForDrift(runtime, signal);
    const requests = [...(await sweep(runtime, signal)), ...drifted];
    if (requests.length > 0) await queue.send(requests, signal);
    return { queued: requests.map(({ target }) => target) };
  });
