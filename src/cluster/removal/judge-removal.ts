import { hasContents, judgePrune } from '../../plan/ownership/prune-rule.ts';
import type { PruneVerdict } from '../../plan/ownership/prune-rule.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import type { RemovalContext } from './contents.ts';

/** The prune rule. Only for a Namespace or definition that it would delete, what that contains is read and judged too. */
export async function judgeRemoval(
  entry: Entry,
  live: LiveMetadata | null,
  context: RemovalContext,
  signal: AbortSignal,
): Promise<PruneVerdict> {
  const verdict = judgePrune(entry, live, context);
  if (verdict.kind !== 'prune' || !hasContents(entry)) return verdict;
  const { judgeWithContents } = await import('./contents.ts');
  return judgeWithContents(entry, context, signal);
}
