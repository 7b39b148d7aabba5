import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { deployFunction } from '../src/app/functions/deploy-function.ts';
import { outcomeMetrics } from '../src/app/functions/outcome-metrics.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';
import { keepHeapSmall } from '../src/app/functions/small-heap.ts';

keepHeapSmall();
const world = functionEnvironment({
  env: process.env,
  randomId: randomUUID,
  fieldsOf: outcomeMetrics(process.env['HEADGATE_STAGE'] ?? 'prod'),
});
const serve = deployFunction(world);

/** Triggered by the deploy queue: deploys the requests, and reports those that were given up on their commits. */
export const handler = (event: unknown, context: LambdaContext) =>
  interruptBefore(context, (signal, usableMs) =>
    serve(event, { memoryMb: Number(context.memoryLimitInMB), usableMs, signal }),
  );
