import * as z from 'zod/mini';
import type { Config } from '../../../config/checked/config.ts';
import { registryOf } from './registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const Event = z.object({
  source: z.literal('aws.ecr'),
  'detail-type': z.literal('ECR Image Action'),
  account: z.string(),
  region: z.string(),
  detail: z.object({ 'repository-name': z.string() }),
});

/** The images that an event of ECR is about; null: it is not one. What is written is decided by the registry's own answer. */
export function pushedImages(event: unknown, { images }: Pick<Config, 'images'>): readonly string[] | null {
  const push = z.safeParse(Event, event).data;
  if (push === undefined) return null;
  const { account, region, detail } = push;
  return [...images.values()].flatMap(({ name, image }) => {
    const registry = registryOf(image.registry);
    const isOf = registry?.account === account && registry.region === region;
    return isOf && image.repository === detail['repository-name'] ? [name] : [];
  });
}
