import { change, put, withOther } from '../model.ts';
import type { Repository } from '../model.ts';
import type { Content } from '../git-writer.ts';
import type { Soak } from '../soak.ts';

/**
 * A push that is refused, and pushes on top of it until one takes it back. Meanwhile nothing that the target has deployed
 * changes; afterwards everything is as the tip says.
 */
export async function refusedUntilReverted(
  soak: Soak,
  { before, path, content }: { readonly before: Repository; readonly path: string; readonly content: Content },
): Promise<void> {
  const { sources } = soak;
  // Of the commits before, some may never have been seen: what the target has to keep is what this one deploys.
  await soak.outcome(await soak.push(before, 'delivered'), 'deployed', 'unchanged');
  // What leaves the other target from now on stays: the file that cannot be read may define it.
  await soak.settle('the push before one that is refused');
  soak.freeze();
  const refused = await soak.push(withOther(soak.repository, path, content), 'delivered');
  await soak.outcome(refused, 'refused');
  while (sources.random() < 0.5) {
    const isFrozen = sources.random() < 0.7;
    const next = isFrozen ? change(soak.repository, sources, 'apps/') : withNew(soak);
    const revision = await soak.push(next, 'delivered');
    if (isFrozen) await soak.outcome(revision, 'refused');
  }
  await soak.settle('pushes that are refused');
  await soak.thaw(withOther(soak.repository, path, null));
  soak.forgetHistory();
}

function withNew({ repository, testbed, sources }: Soak): Repository {
  const { namespace } = testbed;
  return put(repository, 'sites/a.yaml', { namespace, name: sources.freshName(), value: 'new' });
}
