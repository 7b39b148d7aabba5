import type { Candidate, Facts } from '../model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatId } from '../../resource/resource.ts';

/**
 * One object can be served under two groups (an Event is; an Ingress once was), and a manifest may move between them. The
 * old id still names the object that was just applied, so pruning it would delete that object.
 */
export function separateRenamed(
  { candidates, entries }: Pick<Facts, 'candidates' | 'entries'>,
  left: readonly Entry[],
): { readonly renamed: readonly Entry[]; readonly left: readonly Entry[] } {
  const desired = new Set(candidates.map(({ resource }) => formatId(resource.id)));
  const uids = new Set([
    ...candidates.map((candidate) => seenUid(candidate)),
    ...entries.filter(({ id }) => desired.has(formatId(id))).map(({ uid }) => uid),
  ]);
  const isSame = ({ uid }: Entry) => uid !== null && uids.has(uid);
  return { renamed: left.filter((entry) => isSame(entry)), left: left.filter((entry) => !isSame(entry)) };
}

function seenUid({ observation, live }: Candidate): string | null {
  return 'live' in observation ? observation.live.uid : (live?.uid ?? null);
}
