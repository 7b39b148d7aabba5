/** Twice what one connection carries at a time, so that it never waits for us. */
const AT_ONCE = 64;

/**
 * Works on all items, so many at a time: ten thousand bodies that wait for their turn would be most of a first deploy's
 * memory. After a failure nothing more is begun; it is thrown when nothing is under way any more.
 */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) {
      try {
        results[index] = await work(item);
      } catch (thrown) {
        failures.push(thrown);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
