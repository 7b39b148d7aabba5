import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { drainDeadLetters } from '../src/app/functions/drain-dead-letters.ts';
import { functionRuntime } from '../src/app/functions/function-runtime.ts';
import { isVerification } from '../src/app/functions/verify-secrets.ts';
import { outcomeMetrics } from '../src/app/functions/outcome-metrics.ts';
import { sweepOnce } from '../src/app/sweep-once.ts';
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
/** It remembers when it looked at which images. */
const work = world.hasWork
  ? import('../src/app/functions/sweep-work.ts').then(({ sweepWork }) => sweepWork(world, runtime))
  : null;

/**
 * Triggered on a schedule: queues targets that are behind their tip and, unless the input has `drift: false`, drifted objects; then
 * images, previews and promotions that are due.
 */
export const handler = (event: { readonly drift?: boolean } | null, context: LambdaContext) =>
  interruptBefore(context, async (signal, usableMs) => {
    if (isVerification(event)) {
      const { verifyReading } = await import('../src/app/functions/verify.ts');
      return verifyReading(event, { world, runtime }, signal);
    }
    await drainDeadLetters(world, queue, signal);
    const isForDrift = event?.drift !== false;
    const queued = await sweepOnce({ runtime, queue, isForDrift, usableMs }, signal);
    const sweepBeside = await work;
    await sweepBeside?.(isForDrift, signal);
    return { queued };
  });
