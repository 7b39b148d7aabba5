import { describe, expect, it } from 'vitest';
import { deliveryPerformance } from '../../src/metrics/delivery-performance.ts';
import { asRevision } from '../../src/snapshot/source.ts';
import type { HistoryEntry } from '../../src/state/history.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-11T00:00:00.000Z');

/** One outcome, `hours` before now, of a commit with this letter. */
function outcome(letter: string, hours: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  const revision = asRevision(letter.repeat(40));
  if (revision === null) throw new Error(`${letter} is not a hex digit`);
  return {
    revision,
    verdict: 'deployed',
    subject: `change ${letter}`,
    author: 'Jo',
    created: 1,
    updated: 0,
    pruned: 0,
    durationMs: 3,
    by: 'sweep',
    at: new Date(NOW - hours * HOUR).toISOString(),
    awaited: null,
    ...change,
  };
}

/** Of one target; the oldest outcome first. */
const figuresOf = (...outcomes: readonly HistoryEntry[]) => deliveryPerformance([outcomes.toReversed()], NOW);

describe('the DORA figures of a target', () => {
  it('are empty before the first deploy', () => {
    expect(deliveryPerformance([[]], NOW)).toMatchObject({ from: null, changes: 0, changeFailureRate: null });
  });

  it('count each commit that changed objects once, over the window from the oldest outcome', () => {
    const figures = figuresOf(
      outcome('a', 48),
      outcome('b', 24),
      outcome('b', 23),
      outcome('c', 1, { verdict: 'unchanged' }),
    );
    expect(figures).toMatchObject({ changes: 2, changesPerDay: 1, changeFailureRate: 0, timeToRestoreMs: null });
    expect(figures.from).toBe(new Date(NOW - 48 * HOUR).toISOString());
  });

  it.each([
    [23.9, null],
    [24, 1],
  ])('have a rate per day only from a window of a day on: %s hours', (hours, rate) => {
    expect(figuresOf(outcome('a', hours)).changesPerDay).toBe(rate);
  });

  it('count a commit that was applied in part as failed, until the next success', () => {
    const figures = figuresOf(outcome('a', 40), outcome('b', 30, { verdict: 'partial' }), outcome('b', 27));
    expect(figures).toMatchObject({ changes: 2, failedChanges: 1, timeToRestoreMs: 3 * HOUR, notRestored: 0 });
  });

  it('count every commit since the one that a rollback went back to as failed, and the rollback as no change', () => {
    const figures = figuresOf(outcome('a', 40), outcome('b', 30), outcome('c', 20), outcome('a', 19));
    expect(figures).toMatchObject({ changes: 3, failedChanges: 2, timeToRestoreMs: 6 * HOUR });
  });

  it('count a reverted commit as failed', () => {
    const figures = figuresOf(outcome('a', 40), outcome('b', 30), outcome('c', 28, { subject: 'Revert "change b"' }));
    expect(figures).toMatchObject({
      changes: 3,
      failedChanges: 1,
      changeFailureRate: 1 / 3,
      timeToRestoreMs: 2 * HOUR,
    });
  });

  it('count the failed changes that nothing has restored yet', () => {
    const figures = figuresOf(outcome('a', 40), outcome('b', 30, { verdict: 'failed' }));
    expect(figures).toMatchObject({ failedChanges: 1, notRestored: 1, timeToRestoreMs: null });
  });

  it('count refused commits apart, each once', () => {
    const refused = { verdict: 'refused' } as const;
    expect(figuresOf(outcome('a', 40), outcome('b', 3, refused), outcome('b', 2, refused))).toMatchObject({
      changes: 1,
      failedChanges: 0,
      refused: 1,
    });
  });

  it('have the median lead time of the commits whose time is known', () => {
    const committed = (hours: number) => ({ committedMs: NOW - hours * HOUR });
    const figures = figuresOf(outcome('a', 40), outcome('b', 30, committed(31)), outcome('c', 20, committed(23)));
    expect(figures.leadTimeMs).toBe(2 * HOUR);
    // A clock that is ahead.
    expect(figuresOf(outcome('a', 40, committed(39))).leadTimeMs).toBe(0);
  });
});

it('adds up the rates of targets with different windows', () => {
  const figures = deliveryPerformance([[outcome('a', 24)], [outcome('b', 12 * 24)], []], NOW);
  expect(figures).toMatchObject({ changes: 2, changesPerDay: 1 + 1 / 12 });
});
