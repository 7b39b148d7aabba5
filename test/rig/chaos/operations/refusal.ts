import { change, withOther } from '../model.ts';
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
  soak.freeze();
  const refused = await soak.push(withOther(soak.repository, path, content), 'delivered');
  await soak.outcome(refused, 'refused');
  while (sources.random() < 0.5) {
    const below = sources.random() < 0.7 ? 'apps/' : 'sites/';
    const next = await soak.push(change(soak.repository, sources, below), 'delivered');
    if (below === 'apps/') await soak.outcome(next, 'refused');
  }
  await soak.settle('pushes that are refused');
  await soak.thaw(withOther(soak.repository, path, null));
  soak.forgetHistory();
}
