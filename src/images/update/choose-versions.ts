import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import { inParallel } from '../../exchange/pool.ts';
import { chooseFrom } from '../choose-from.ts';
import type { Registry } from '../ports.ts';
import { referencesTo, versionsIn } from './outdated.ts';
import type { ReadBranch } from './read-branch.ts';
import { rememberDigests } from './remember-digests.ts';
import type { WriteGroup, WrittenImage } from './write-group.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

/** More would look like an attack to a registry or a Git host. */
export const AT_ONCE = 8;

/** What the policy of an image wants now. */
export type Wanted =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: DeployError };

/** What the policies want, by a registry that was read after a branch. */
export interface ChosenVersions {
  readonly wanted: Map<string, Wanted>;
  /** Remembers the digests that it read. */
  readonly registry: Registry;
  /** What the branch had of the images. */
  readonly current: string;
}

/**
 * What to write into a branch that was read. A list of tags from before may lack what another process wrote since then, and would
 * take it back. After a race that was lost to a push of something else, the list still holds.
 */
export async function chooseAfter(
  before: ChosenVersions | null,
  { group, branch }: { readonly group: WriteGroup; readonly branch: ReadBranch },
  { registry: each, signal }: { readonly registry: Registry; readonly signal: AbortSignal },
): Promise<ChosenVersions> {
  const versions = group.images.map(({ policy }) => versionsIn(referencesTo(policy.name, branch.files), true));
  const current = JSON.stringify([versions, ...branch.recordTips]);
  if (before?.current === current) return before;
  const registry = rememberDigests(each);
  return { wanted: new Map(await chooseVersions(group.images, registry, signal)), registry, current };
}

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
