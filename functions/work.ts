import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { outcomeMetrics } from '../src/app/functions/outcome-metrics.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';
import { keepHeapSmall } from '../src/app/functions/small-heap.ts';
import { workFunction } from '../src/app/functions/work-function.ts';

keepHeapSmall();
const serve = workFunction(
  functionEnvironment({
    env: process.env,
    randomId: randomUUID,
    fieldsOf: outcomeMetrics(process.env['HEADGATE_STAGE'] ?? 'prod'),
  }),
);

/** Triggered by the work queue: sends messages, writes to Git, plans pull requests and deploys their previews. */
export const handler = (event: unknown, context: LambdaContext) =>
  interruptBefore(context, (signal, usableMs) => serve(event, { usableMs, signal }));
