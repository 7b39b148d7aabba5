/** More would look like an attack to a registry or a Git host. */
const AT_ONCE = 8;

/** Does the work for each item, a few at once. The results are in the order of the items. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const ahead = items.entries();
  const worker = async () => {
    // The iterator is shared, so that each item is taken once.
    for (const [index, item] of ahead) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}
