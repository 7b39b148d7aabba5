import type { ObjectNode } from './model.ts';

/** An object of the inventory with its uid, which its descendants name. */
export interface OwnedObject extends Omit<ObjectNode, 'children'> {
  readonly uid: string | null;
}

/** An object that a controller made. */
export interface DescendantNode extends Omit<ObjectNode, 'children' | 'source' | 'mayHaveDrifted'> {
  readonly uid: string;
  /** The uid of its controller, or of its first owner. */
  readonly owner: string;
}

/** Deeper chains of owners do not exist; a cycle ends here. */
const DEPTH = 8;
/** Shown of one object; the rest are counted. */
const SHOWN = 50;

/** Puts what controllers made below what they made it from: a Deployment, its ReplicaSets, their Pods. */
export function objectTree(
  owned: readonly OwnedObject[],
  descendants: readonly DescendantNode[],
): readonly ObjectNode[] {
  const byOwner = Map.groupBy(descendants, ({ owner }) => owner);

  function below(uid: string | null, depth: number): readonly ObjectNode[] {
    const all = depth === 0 || uid === null ? [] : (byOwner.get(uid) ?? []);
    const urgent = all.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    return urgent.slice(0, SHOWN).map(({ uid: own, owner: _owner, ...shown }) => ({
      ...shown,
      source: null,
      mayHaveDrifted: false,
      children: below(own, depth - 1),
    }));
  }

  return owned
    .map(({ uid, ...shown }) => ({ ...shown, children: below(uid, DEPTH) }))
    .toSorted((a, b) => rank(a) - rank(b) || compare(a, b));
}

const RANKS = { failed: 0, unknown: 1, progressing: 2, ready: 3 } as const;

function rank({ health }: Pick<ObjectNode, 'health'>): number {
  return health === null ? 4 : RANKS[health.kind];
}

function compare(a: ObjectNode, b: ObjectNode): number {
  const [left, right] = [`${a.kind} ${a.namespace} ${a.name}`, `${b.kind} ${b.namespace} ${b.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
