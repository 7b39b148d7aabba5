import { formatId } from '../../resource/resource.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Facts } from '../model/facts.ts';

/** Objects of touched files that no touched file defines anymore. */
export function leftOf({
  touched,
  entries,
  candidates,
}: Pick<Facts, 'touched' | 'entries' | 'candidates'>): readonly Entry[] {
  const desired = new Set(candidates.map(({ resource }) => formatId(resource.id)));
  const left = entries.filter((entry) => touched.has(entry.file) && !desired.has(formatId(entry.id)));
  return [...entriesByObject(left).values()].flatMap((known) => {
    const entry = known.find(({ uid }) => uid !== null) ?? known[0];
    return entry === undefined ? [] : [entry];
  });
}
