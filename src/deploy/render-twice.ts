import type { Desired } from '../render/plain.ts';
import { refuseDifferences } from '../render/reproducible.ts';

/** Templates can make passwords, certificates and dates; what differs between two renders would differ with every push. */
export async function renderTwice(once: () => Promise<Desired>): Promise<Desired> {
  const [first, second] = await Promise.all([once(), once()]);
  return { ...first, problems: [...first.problems, ...refuseDifferences(first.manifests, second.manifests)] };
}
