import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import { stepOf } from '../../resource/kind-order.ts';
import { userOrderOf } from './wave.ts';
import type { UserOrder } from './wave.ts';

/** An object's position in the user's order: its wave, and within the wave after everything it depends on. */
export interface Rank {
  readonly wave: number;
  readonly depth: number;
}

/** The order of all candidates: first the user's waves and dependencies, then the order of the kinds. */
export interface Sequence {
  readonly rankOf: (candidate: Candidate) => Rank;
  /** Negative when `a` is applied in an earlier step than `b`, 0 in the same. */
  readonly compare: (a: Candidate, b: Candidate) => number;
  readonly refusals: readonly Problem[];
}

const FIRST: Rank = { wave: 0, depth: 0 };

interface Node {
  readonly candidate: Candidate;
  readonly order: UserOrder;
}

export function sequenceOf({ candidates, references }: Pick<Facts, 'candidates' | 'references'>): Sequence {
  const nodes = new Map<string, Node>(
    candidates.map((candidate) => [
      formatId(candidate.resource.id),
      { candidate, order: userOrderOf(candidate.resource) },
    ]),
  );
  const refusals: Problem[] = [...nodes.values()].flatMap(({ order }) => order.problems);
  const depths = new Map<string, number>();

  /** The length of the longest dependency chain within its wave. */
  function depthOf(id: string, node: Node, path: readonly string[]): number {
    const known = depths.get(id);
    if (known !== undefined) return known;
    let depth = 0;
    for (const dependency of node.order.dependsOn) {
      const on = formatId(dependency);
      const other = nodes.get(on);
      if (path.includes(on) || on === id) {
        refusals.push(cycle(node, [...path.slice(path.indexOf(on) === -1 ? path.length : path.indexOf(on)), id, on]));
      } else if (other === undefined) {
        if ((references.get(on)?.kind ?? 'outside') === 'outside') refusals.push(outside(node, on));
      } else if (other.order.wave > node.order.wave) {
        refusals.push(later(node, other));
      } else {
        const before = depthOf(on, other, [...path, id]);
        if (other.order.wave === node.order.wave) depth = Math.max(depth, before + 1);
      }
    }
    depths.set(id, depth);
    return depth;
  }

  for (const [id, node] of nodes) depthOf(id, node, []);

  // Sorting reads these many times.
  const ranks = new Map(
    candidates.map((candidate): [Candidate, Rank] => {
      const id = formatId(candidate.resource.id);
      return [candidate, { wave: nodes.get(id)?.order.wave ?? 0, depth: depths.get(id) ?? 0 }];
    }),
  );
  const rankOf = (candidate: Candidate) => ranks.get(candidate) ?? FIRST;

  return {
    rankOf,
    compare: (a, b) => compareRanks(rankOf(a), rankOf(b)) || stepOf(a.resource.id) - stepOf(b.resource.id),
    refusals,
  };
}

export function compareRanks(a: Rank, b: Rank): number {
  return a.wave - b.wave || a.depth - b.depth;
}

function cycle({ candidate: { resource } }: Node, path: readonly string[]): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(resource.source),
    message: `config.kubernetes.io/depends-on has a cycle: ${path.join(' → ')}`,
    remedy: 'Remove one of these dependencies.',
  };
}

function outside({ candidate: { resource } }: Node, on: string): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} depends on ${on}, which this target does not own`,
    remedy: 'Fix the reference in config.kubernetes.io/depends-on, or add the object to this target.',
  };
}

function later({ candidate: { resource }, order }: Node, { candidate, order: other }: Node): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} in wave ${order.wave} depends on ${formatId(candidate.resource.id)} in a later wave (${other.wave})`,
    remedy: 'Change the wave of one of them.',
  };
}
