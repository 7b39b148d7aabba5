import type { Revision } from '../snapshot/source.ts';
import { decodeHistory } from './decode-history.ts';
import type { HistoryEntry } from './history.ts';
import { lastReadyOf } from './readiness.ts';
import type { ReadinessRecord } from './readiness.ts';
import type { TargetState } from './target-state.ts';

/**
 * The newest commit of the history that was deployed and became ready, other than the one that is deployed now or was
 * deployed in part; null: the state knows of none.
 */
export function lastReady(
  { waitMs }: { readonly waitMs: number },
  { history, applied, run, outcome }: Pick<TargetState, 'history' | 'applied' | 'run' | 'outcome'>,
  record: Pick<ReadinessRecord, 'revision' | 'readiness' | 'lastReady'> | null,
): Revision | null {
  const ready = lastReadyOf(record);
  const bad = run.dirty === 'all' || run.dirty.length > 0 ? outcome.attempted : (applied.source?.revision ?? null);
  const isReady = ({ verdict, awaited }: HistoryEntry) =>
    (verdict === 'deployed' || verdict === 'unchanged') && (waitMs === 0 || awaited === null || awaited === ready);
  const found = decodeHistory(history).find((entry) => entry.revision !== bad && isReady(entry));
  return found?.revision ?? (ready === bad ? null : ready);
}
