import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { sweepDrift } from '../src/deploy/drift/detect-drift.ts';
import { sweep } from '../src/deploy/sweep.ts';
import type { Send } from '../src/deploy/targets/by-cluster.ts';
import { drainDeadLetters } from '../src/app/functions/drain-dead-letters.ts';
import { functionRuntime } from '../src/app/functions/function-runtime.ts';
import { outcomeMetrics } from '../src/app/functions/outcome-metrics.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';

const world = functionEnvironment({
  env: process.env,
  randomId: randomUUID,
  fieldsOf: outcomeMetrics(process.env['HEADGATE_STAGE'] ?? 'prod'),
});
const runtime = functionRuntime(world, {
  holder: `sweep-${randomUUID()}`,
  sessionName: 'headgate-sweep',
  isReader: true,
});
const queue = world.queueAt('HEADGATE_DEPLOY_QUEUE_URL');

/** Left for sending what was found when the time is over. */
const SENDING_MS = 10_000;

/**
 * Triggered on a schedule: queues targets that are behind their tip and, unless the input has `drift: false`, drifted objects.
 * The refs come first: a fleet takes longer to look at for drift.
 */
export const handler = (event: { readonly drift?: boolean } | null, context: LambdaContext) =>
  interruptBefore(context, async (signal, usableMs) => {
    const looking = AbortSignal.timeout(Math.max(usableMs - SENDING_MS, usableMs / 2));
    const send: Send = (requests) => queue.send(requests, signal);
    await drainDeadLetters(world, queue, signal);
    const behind = await sweep(runtime, looking, send);
    const drifted = event?.drift === false ? [] : await sweepDrift(runtime, looking, send);
    return { queued: [...behind, ...drifted].map(({ target }) => target) };
  });
