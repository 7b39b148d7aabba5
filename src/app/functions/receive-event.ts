import type { Reception } from '../../deploy/webhook/reception.ts';
import { pushedImages } from '../../platforms/aws/ecr/image-push.ts';

/** Queues a look at the images that were pushed to ECR. It throws when it cannot, and AWS sends the event again. */
export async function receiveEvent(
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
