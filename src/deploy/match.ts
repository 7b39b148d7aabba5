import type { Target } from '../config/config.ts';
import type { Push } from '../githost/git-host.ts';
import { isBelow } from '../resource/source.ts';

export type Matched =
  | { readonly kind: 'targets'; readonly targets: readonly Target[] }
  | { readonly kind: 'none'; readonly reason: string };

/** Which of a repository's targets a push is for. Too many is harmless: a target that is current writes nothing. */
export function match(push: Push, targets: readonly Target[]): Matched {
  const following = targets.filter(({ ref }) => ref === push.ref);
  if (following.length === 0) return { kind: 'none', reason: `no target follows ${push.ref}` };
  const changed = push.changedPaths === null ? following : narrow(push.changedPaths, following);
  if (changed.length === 0) return { kind: 'none', reason: 'no path of a target changed' };
  const awake = changed.filter(({ suspend }) => !suspend);
  return awake.length === 0
    ? { kind: 'none', reason: 'every target that it changes is suspended' }
    : { kind: 'targets', targets: awake };
}

/** A file below no target may be a base that targets share: it concerns all that do not say what they read. */
function narrow(paths: readonly string[], targets: readonly Target[]): readonly Target[] {
  const roots = targets.map((target) => ({ target, roots: [target.path, ...target.inputs] }));
  const chosen = new Set<Target>();
  let isAnyUnclaimed = false;
  for (const path of paths) {
    const readers = roots.filter((each) => each.roots.some((root) => isBelow(path, root)));
    for (const { target } of readers) chosen.add(target);
    isAnyUnclaimed ||= readers.length === 0;
  }
  return targets.filter((target) => chosen.has(target) || (isAnyUnclaimed && target.inputs.length === 0));
}
