import { PART_OF } from '../../plan/model/body.ts';
import type { Watched } from './watches.ts';

/** Objects that were read and whose changes matter: one awaited object, or the pods of a workload. */
export interface WatchSource {
  /** The path of the collection. */
  readonly collection: string;
  /** Which objects of the collection. */
  readonly of: { readonly name: string } | { readonly labels: string };
  /** The version that was read. */
  readonly version: string;
}

/** Up to this many objects of one collection are watched one by one; more are watched together, by the ApplySet label. */
const SINGLE = 4;

/** What to watch. Owned objects come first because watches are limited, and pods only show the same changes earlier. */
export function watchedOf(spots: readonly WatchSource[], applySetId: string): Watched {
  const objects = spots.flatMap(({ of, ...spot }) => ('name' in of ? [{ ...spot, name: of.name }] : []));
  const byCollection = Map.groupBy(objects, ({ collection }) => collection);
  const owned = [...byCollection].flatMap(([collection, members]): (readonly [string, string])[] => {
    if (members.length <= SINGLE) {
      return members.map(({ name, version }) => [
        `${collection}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`,
        version,
      ]);
    }
    const query = `labelSelector=${encodeURIComponent(`${PART_OF}=${applySetId}`)}`;
    return [[`${collection}?${query}`, oldest(members.map(({ version }) => version))]];
  });
  const pods = spots.flatMap(({ collection, of, version }) =>
    'labels' in of ? [[`${collection}?labelSelector=${encodeURIComponent(of.labels)}`, version] as const] : [],
  );
  return new Map([...owned, ...pods]);
}

/** Versions are numbers since Kubernetes 1.35, and were in practice before. Watching from the oldest misses nothing. */
function oldest(versions: readonly string[]): string {
  return versions.toSorted((a, b) => Number(a) - Number(b))[0] ?? '';
}
