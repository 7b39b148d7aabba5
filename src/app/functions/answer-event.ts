import * as z from 'zod/mini';
import type { Answer, Reception } from '../../deploy/webhook/reception.ts';
import { answerCodecommitEvent } from '../../platforms/aws/lambda/codecommit-event.ts';
import { pushedImages } from '../../platforms/aws/ecr/image-push.ts';

const Event = z.object({ source: z.string() });

interface Received {
  readonly reception: Reception;
  readonly functionArn: string;
}

/** Queues what an event of EventBridge concerns. It throws when it cannot, and AWS sends the event again. */
export async function answerEvent(
  event: unknown,
  { reception, functionArn }: Received,
  signal: AbortSignal,
): Promise<readonly Answer[] | { readonly queued: readonly string[] }> {
  if (z.safeParse(Event, event).data?.source === 'aws.codecommit')
    return answerCodecommitEvent(event, { reception, functionArn }, signal);
  return answerPushedImage(event, reception, signal);
}

/** A look at the images that were pushed to ECR. */
async function answerPushedImage(
  event: unknown,
  { config, log, pollImages }: Reception,
  signal: AbortSignal,
): Promise<{ readonly queued: readonly string[] }> {
  const images = pushedImages(event, config) ?? [];
  if (images.length > 0) await pollImages?.(images, signal);
  const queued = images.map((name) => `images/${name}`);
  if (queued.length === 0)
    log({ level: 'debug', message: 'receive', reason: 'an event about no image of headgate.yml' });
  for (const target of queued) log({ level: 'debug', message: 'receive', target });
  return { queued };
}
