import type { ContentsRule } from '../../plan/ownership/contents-rule.ts';
import { hasContents, judgePrune } from '../../plan/ownership/prune-rule.ts';
import type { PruneVerdict } from '../../plan/ownership/prune-rule.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Connection } from '../api/connection.ts';

export interface RemovalContext extends ContentsRule {
  readonly connection: Connection;
}

/** The prune rule. Only for a Namespace or definition that it would delete, what that contains is read and judged too. */
export async function judgeRemoval(
  entry: Entry,
  live: LiveMetadata | null,
  context: RemovalContext,
  signal: AbortSignal,
): Promise<PruneVerdict> {
  const verdict = judgePrune(entry, live, context);
  if (verdict.kind !== 'prune' || !hasContents(entry)) return verdict;
  const [{ readContents }, { judgeContents }] = await Promise.all([
    import('./contents.ts'),
    import('../../plan/ownership/contents-rule.ts'),
  ]);
  const { kinds, ...contents } = await readContents(entry, context, signal);
  const isInside = ({ group, kind, namespace }: ContentsRule['written'][number]) =>
    entry.id.kind === 'Namespace'
      ? namespace === entry.id.name
      : kinds.some((each) => each.group === group && each.kind === kind);
  const written = context.written.filter((id) => isInside(id));
  return judgeContents(entry, contents, { ...context, written });
}
