import type { Desired } from '../../desired/plain/plain.ts';
import { refuseDifferences } from '../../desired/plain/reproducible.ts';

/** Templates can make passwords, certificates and dates; what differs between two renders would differ with every push. */
export async function renderTwice(once: () => Promise<Desired>): Promise<Desired> {
  const renders = [once(), once()] as const;
  // Both end before the failure of one is told: nothing may be under way when the run is over.
  await Promise.allSettled(renders);
  const [first, second] = await Promise.all(renders);
  return { ...first, problems: [...first.problems, ...refuseDifferences(first.manifests, second.manifests)] };
}
