import { randomUUID } from 'node:crypto';
import { answerFunctionUrl, BODY_LIMIT_BYTES } from '../src/platforms/aws/lambda/function-url.ts';
import type { LambdaContext } from '../src/platforms/aws/lambda/lambda-context.ts';
import { countRefusals } from '../src/deploy/webhook/count-refusals.ts';
import type { Reception } from '../src/deploy/webhook/reception.ts';
import { functionEnvironment } from '../src/app/functions/function-environment.ts';
import { isEvent, lateHints } from '../src/app/functions/late-hints.ts';
import { isVerification, verifySecrets } from '../src/app/functions/verify-secrets.ts';
import { webhookSecrets } from '../src/app/secrets.ts';
import { VERSION } from '../src/app/version.ts';

/** Git hosts close the connection after ten seconds. */
const ANSWER_MS = 9_000;

const world = functionEnvironment({ env: process.env, randomId: randomUUID });
const reception: Reception = {
  config: world.config,
  version: VERSION,
  limitBytes: BODY_LIMIT_BYTES,
  ...webhookSecrets(world.secrets),
  queue: world.queueAt('HEADGATE_DEPLOY_QUEUE_URL'),
  ...lateHints(world),
  randomId: randomUUID,
  nowMs: world.nowMs,
  log: countRefusals(world.log, world.nowMs),
};

/** Receives webhooks at the function URL, and events of CodeCommit and ECR: authenticates and queues them, and responds. */
export const handler = async (event: unknown, { invokedFunctionArn: functionArn }: LambdaContext) => {
  const signal = AbortSignal.timeout(ANSWER_MS);
  if (isVerification(event)) return verifySecrets(reception, signal);
  if (isEvent(event)) {
    const { answerEvent } = await import('../src/app/functions/answer-event.ts');
    return answerEvent(event, { reception, functionArn }, signal);
  }
  return answerFunctionUrl(event, reception, signal);
};
