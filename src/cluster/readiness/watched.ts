import { PART_OF } from '../../plan/model/body.ts';
import type { Watched } from './watches.ts';

/** Where a change of something that was read would show. */
export interface WatchSource {
  /** The path of the collection. */
  readonly collection: string;
  /** Which of its objects are meant. */
  readonly of: { readonly name: string } | { readonly labels: string };
  /** The version that was read. */
  readonly version: string;
}

/** Up to so many objects of one collection are watched one by one; more of them together, by our label. */
const SINGLE = 4;

/** What to watch: objects of ours first, because there is a limit; the pods only tell earlier what these tell as well. */
export function watchedOf(spots: readonly WatchSource[], applySetId: string): Watched {
  const objects = spots.flatMap(({ of, ...spot }) => ('name' in of ? [{ ...spot, name: of.name }] : []));
  const byCollection = Map.groupBy(objects, ({ collection }) => collection);
  const ours = [...byCollection].flatMap(([collection, members]): (readonly [string, string])[] => {
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
  return new Map([...ours, ...pods]);
}

/** Versions are numbers since Kubernetes 1.35, and were in practice before. From the oldest on nothing is missed. */
function oldest(versions: readonly string[]): string {
  return versions.toSorted((a, b) => Number(a) - Number(b))[0] ?? '';
}
