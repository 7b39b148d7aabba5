import type { Revision } from '../snapshot/source.ts';

/** One outcome of a target, as its state keeps it. */
export interface HistoryEntry {
  readonly revision: Revision;
  readonly verdict: RecordedVerdict;
  /** Null: not read, because the commit was applied before. */
  readonly subject: string | null;
  readonly author: string | null;
  /** When the commit was made, in milliseconds; null: not read, absent: recorded by an older release. */
  readonly committedMs?: number | null | undefined;
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
  readonly durationMs: number;
  /** The delivery's id, `sweep`, or `cli` and the person. */
  readonly by: string;
  /** Who approved its plan: a person, or `#12` for the merge of a pull request. Absent: it needed no approval. */
  readonly approvedBy?: string | undefined;
  /** RFC 3339: when it ended. */
  readonly at: string;
  /** The commit whose run wrote the objects that take time to become ready; null: there are none. */
  readonly awaited: Revision | null;
}

/** Newest first, one JSON text each: a run adds one and reads none. */
export type History = readonly string[];

const KEPT = 20;

export function revisionOf(text: string): string {
  return /^\{"revision":"([0-9a-f]+)"/.exec(text)?.[1] ?? '';
}

/** A commit that is refused again, or partly applied again, is one outcome. */
export function withOutcome(history: History, entry: HistoryEntry): History {
  const { revision, verdict, ...rest } = entry;
  const text = JSON.stringify({ revision, verdict, ...rest });
  const isRepeated = verdict !== 'deployed' && isOutcome(history[0] ?? '', { revision, verdict });
  return [text, ...history.slice(isRepeated ? 1 : 0)].slice(0, KEPT);
}

export function wasDeployed(history: History, revision: Revision): boolean {
  return history.some((text) => isOutcome(text, { revision, verdict: 'deployed' }));
}

function isOutcome(text: string, { revision, verdict }: Pick<HistoryEntry, 'revision' | 'verdict'>): boolean {
  return text.startsWith(JSON.stringify({ revision, verdict }).slice(0, -1));
}

export type RecordedVerdict = (typeof RECORDED_VERDICTS)[number];

/** A run that fails in a way that may pass records `retry` instead, and one that was superseded nothing. */
export const RECORDED_VERDICTS = ['unchanged', 'deployed', 'waiting', 'partial', 'refused', 'failed'] as const;

/** Did the last run fail? One that waits, or that was killed, has no outcome yet. */
export function hasFailed({ verdict }: { readonly verdict: RecordedVerdict | null }): boolean {
  return verdict === 'partial' || verdict === 'refused' || verdict === 'failed';
}

/** Was the attempted commit applied completely, as far as it was decided? */
export function hasSucceeded({ verdict }: { readonly verdict: RecordedVerdict | null }): boolean {
  return verdict === 'deployed' || verdict === 'unchanged';
}
