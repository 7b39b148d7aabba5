import type { Desired } from '../../desired/plain/plain.ts';
import { refuseDifferences } from '../../desired/plain/reproducible.ts';

/** Templates can generate passwords, certificates and dates; what differs between two renders would change on every push. */
export async function renderTwice(once: () => Promise<Desired>): Promise<Desired> {
  const renders = [once(), once()] as const;
  // Waits for both even if one fails: no render may outlive the run.
  await Promise.allSettled(renders);
  const [first, second] = await Promise.all(renders);
  return { ...first, problems: [...first.problems, ...refuseDifferences(first.manifests, second.manifests)] };
}
