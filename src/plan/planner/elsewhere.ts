import type { Elsewhere, Facts } from '../model/facts.ts';
import type { Release, Undecided } from '../model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';

const UNDECIDED: ReadonlySet<Elsewhere['kind']> = new Set(['undecided', 'awaited', 'inhabited']);

/** Which of the objects that left this target another one defines, or may define. Only the others may be pruned. */
export function separateElsewhere(
  { elsewhere }: Pick<Facts, 'elsewhere'>,
  left: readonly Entry[],
): {
  readonly left: readonly Entry[];
  readonly releases: readonly Release[];
  readonly undecided: readonly Undecided[];
  /** Objects that this target released and that another one owns now. */
  readonly taken: readonly Entry[];
} {
  const found = left.map((entry) => ({ entry, by: elsewhere.get(formatId(entry.id)) ?? null }));
  const claimed = found.filter((each): each is { entry: Entry; by: Elsewhere } => each.by !== null);
  return {
    left: found.filter(({ by }) => by === null).map(({ entry }) => entry),
    releases: claimed
      .filter(({ by }) => by.kind === 'defined')
      .map(({ entry, by }) => ({ op: 'release', entry, to: by.target })),
    undecided: claimed.filter(({ by }) => UNDECIDED.has(by.kind)),
    taken: claimed.filter(({ by }) => by.kind === 'taken').map(({ entry }) => entry),
  };
}
