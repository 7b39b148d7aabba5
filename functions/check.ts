import { randomUUID } from 'node:crypto';
import { interruptBefore } from '../src/platforms/aws/lambda/lambda-context.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { checkFunction } from '../src/app/functions/check-function.ts';
import { outcomeMetrics } from '../src/app/functions/outcome-metrics.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';

const serve = checkFunction(
  functionEnvironment({
    env: process.env,
    randomId: randomUUID,
    fieldsOf: outcomeMetrics(process.env['HEADGATE_STAGE'] ?? 'prod'),
  }),
);

/** Triggered by the check queue: looks whether what was applied is ready. */
export const handler = (event: unknown, context: LambdaContext) =>
  interruptBefore(context, (signal) => serve(event, signal));
