import type { HistoryEntry } from '../state/history.ts';

/**
 * DORA's four figures (https://dora.dev/guides/dora-metrics/) of one target, or of several, as far as the kept history
 * yields them. A change is a commit that changed objects, counted once; going back to an earlier commit is none.
 */
export interface DeliveryPerformance {
  /** RFC 3339; null: nothing was deployed yet. */
  readonly from: string | null;
  readonly to: string;
  readonly changes: number;
  /** Null for a window of less than a day: it says nothing about a usual day. */
  readonly changesPerDay: number | null;
  /** Applied only in part, failed, rolled back or reverted since. */
  readonly failedChanges: number;
  /** From 0 to 1; null: no changes. */
  readonly changeFailureRate: number | null;
  /** Failed changes after which nothing was deployed successfully yet. */
  readonly notRestored: number;
  /** The median from the outcome of a failed change to the next success. */
  readonly timeToRestoreMs: number | null;
  /** The median from the commit to its deployment, of the changes whose commit time is known. */
  readonly leadTimeMs: number | null;
  /** Commits that were refused before anything was written: the target did not change. */
  readonly refused: number;
}

interface Change {
  readonly revision: string;
  readonly subject: string | null;
  readonly atMs: number;
  readonly leadMs: number | null;
  hasFailed: boolean;
  restoredMs: number | null;
}

const DAY_MS = 86_400_000;

/** `histories`: one of each target, newest first. */
export function deliveryPerformance(
  histories: readonly (readonly HistoryEntry[])[],
  nowMs: number,
): DeliveryPerformance {
  const changes = histories.flatMap((history) => changesOf(history.toReversed()));
  const failed = changes.filter(({ hasFailed }) => hasFailed);
  const starts = histories.flatMap((history) => history.slice(-1).map(({ at }) => Date.parse(at)));
  const fromMs = starts.length === 0 ? null : Math.min(...starts);
  const refused = histories.map((history) => new Set(only(history, ['refused'])).size);
  return {
    from: fromMs === null ? null : new Date(fromMs).toISOString(),
    to: new Date(nowMs).toISOString(),
    changes: changes.length,
    changesPerDay: perDay(histories, nowMs),
    failedChanges: failed.length,
    changeFailureRate: changes.length === 0 ? null : failed.length / changes.length,
    notRestored: failed.filter(({ restoredMs }) => restoredMs === null).length,
    timeToRestoreMs: medianOf(failed.map(({ restoredMs, atMs }) => (restoredMs === null ? null : restoredMs - atMs))),
    leadTimeMs: medianOf(changes.map(({ leadMs }) => leadMs)),
    refused: refused.reduce((sum, count) => sum + count, 0),
  };
}

/** The sum of the rates of all targets, because their windows differ. */
function perDay(histories: readonly (readonly HistoryEntry[])[], nowMs: number): number | null {
  const rates = histories.flatMap((history) => {
    const days = (nowMs - Date.parse(history.at(-1)?.at ?? '')) / DAY_MS;
    return days >= 1 ? [changesOf(history.toReversed()).length / days] : [];
  });
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** Oldest first. */
function changesOf(outcomes: readonly HistoryEntry[]): readonly Change[] {
  const changes: Change[] = [];
  const good: string[] = [];
  for (const outcome of outcomes) {
    const { revision, verdict, subject, at, committedMs } = outcome;
    if (verdict === 'waiting' || verdict === 'refused') continue;
    const atMs = Date.parse(at);
    const isGood = verdict === 'deployed' || verdict === 'unchanged';
    if (isGood) {
      const left = good.includes(revision) ? good.slice(good.indexOf(revision) + 1) : [];
      const reverted = /^Revert "(.+?)"?$/.exec(subject ?? '')?.[1];
      for (const change of changes) {
        const isReverted = reverted !== undefined && change.subject?.startsWith(reverted) === true;
        change.hasFailed ||= left.includes(change.revision) || isReverted;
        if (change.hasFailed) change.restoredMs ??= atMs;
      }
      if (good.at(-1) !== revision) good.push(revision);
    }
    const isFirst = changes.every((change) => change.revision !== revision);
    // A commit without changes changed nothing that could fail.
    if (!isFirst || verdict === 'unchanged' || (isGood && isReturn(good))) continue;
    const leadMs = isGood && typeof committedMs === 'number' ? Math.max(0, atMs - committedMs) : null;
    changes.push({ revision, subject, atMs, leadMs, hasFailed: !isGood, restoredMs: null });
  }
  return changes;
}

/** Was the last of these commits deployed before? */
function isReturn(good: readonly string[]): boolean {
  return good.indexOf(good.at(-1) ?? '') < good.length - 1;
}

function only(history: readonly HistoryEntry[], verdicts: readonly HistoryEntry['verdict'][]): readonly string[] {
  return history.filter(({ verdict }) => verdicts.includes(verdict)).map(({ revision }) => revision);
}

function medianOf(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
