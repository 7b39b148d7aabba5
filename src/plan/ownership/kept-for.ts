import type { Entry } from '../../state/inventory.ts';
import { hasContents } from './prune-rule.ts';

/** Namespaces and definitions that stayed when they left Git, and that contained what leaves Git now. */
export function keptFor(left: readonly Entry[], entries: readonly Entry[]): readonly Entry[] {
  if (left.length === 0) return [];
  // The version of an object that left Git is not compared.
  const kept = entries.filter((entry) => hasContents(entry) && entry.version === null && entry.pending === null);
  return kept.filter((container) => left.some((entry) => isInside(entry, container)));
}

/** The name of a definition is `<plural>.<group>`. */
function isInside({ id }: Entry, { id: container }: Entry): boolean {
  if (container.kind === 'Namespace') return id.namespace === container.name;
  return id.group !== '' && container.name.endsWith(`.${id.group}`);
}
