import type { Choice } from './policy/choose-tag.ts';
import type { Registry } from './ports.ts';
import type { ImagePolicy } from '../config/checked/config.ts';

/** What the policy of an image wants now. A tag that moves is looked up without listing the others. */
export async function chooseFrom(registry: Registry, image: ImagePolicy, signal: AbortSignal): Promise<Choice> {
  const { policy } = image;
  if (policy.kind === 'digest' && (await registry.digestOf(image, policy.tag, signal)) !== null)
    return { kind: 'chosen', tag: policy.tag };
  const [tags, { chooseTag }] = await Promise.all([registry.listTags(image, signal), import('./policy/choose-tag.ts')]);
  return chooseTag(policy, tags);
}
