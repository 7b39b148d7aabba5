import { ADOPTIONS } from './adoption.ts';
import { BY_HAND } from './by-hand.ts';
import { CLUSTER_WIDE } from './cluster-wide.ts';
import { DELIVERIES } from './deliveries.ts';
import { HIDDEN_DIRECTORIES } from './hidden-directory.ts';
import { MOVES } from './move.ts';
import type { Operation } from './operation.ts';
import { PUSHES } from './pushes.ts';
import { QUOTAS } from './quota.ts';
import { SETTINGS } from './settings.ts';
import { TYPOS } from './typo.ts';

const OPERATIONS: readonly Operation[] = [
  ...PUSHES,
  ...BY_HAND,
  ...DELIVERIES,
  ...SETTINGS,
  ...ADOPTIONS,
  ...QUOTAS,
  ...HIDDEN_DIRECTORIES,
  ...TYPOS,
  ...CLUSTER_WIDE,
  ...MOVES,
];

/** With a name, every second operation is one whose name contains it. */
export function pickOperation(random: () => number, name: string): Operation {
  const named = OPERATIONS.filter((each) => each.name.includes(name));
  return pickByWeight(random() < 0.5 ? named : OPERATIONS, random);
}

function pickByWeight(operations: readonly Operation[], random: () => number): Operation {
  let left = random() * operations.reduce((sum, { weight }) => sum + weight, 0);
  const found = operations.find(({ weight }) => (left -= weight) < 0);
  if (found === undefined) throw new Error('no operation has this name');
  return found;
}
