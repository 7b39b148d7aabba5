import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import { chooseFrom } from '../choose-from.ts';
import type { Registry } from '../ports.ts';
import type { WrittenImage } from './write-group.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** More would look like an attack to a registry or a Git host. */
export const AT_ONCE = 8;

/** What the policy of an image wants now. */
export type Wanted =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: DeployError };

/** Lists the tags of every image, side by side. A registry that does not answer leaves out its own images only. */
export async function chooseVersions(
  images: readonly WrittenImage[],
  registry: Registry,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Wanted>> {
  const chosen = await inParallel(images, AT_ONCE, async ({ policy }) => {
    return [policy.name, await choose(policy, registry, signal)] as const;
  });
  return new Map(chosen);
}

async function choose(policy: ImagePolicy, registry: Registry, signal: AbortSignal): Promise<Wanted> {
  try {
    const choice = await chooseFrom(registry, policy, signal);
    return choice.kind === 'chosen' ? { kind: 'tag', tag: choice.tag } : choice;
  } catch (thrown) {
    return { kind: 'failed', error: asDeployError(thrown) };
  }
}
