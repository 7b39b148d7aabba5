import { describe, expect, it } from 'vitest';
import { describeHold } from '../../src/state/hold.ts';
import type { Hold } from '../../src/state/hold.ts';
import { withOutcome } from '../../src/state/history.ts';
import type { HistoryEntry } from '../../src/state/history.ts';
import { decodeHistory } from '../../src/state/decode-history.ts';
import { lastReady } from '../../src/state/last-ready.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../../src/state/target-state.ts';
import type { StateChange } from '../../src/state/target-state.ts';
import { waitingChange } from '../../src/state/waiting.ts';
import type { ObjectId, Revision } from '../../src/snapshot/source.ts';
import { activeHold, commitToKeep, isLeftByHold, openedCommit } from '../../src/state/current.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;
const C = 'c'.repeat(40) as Revision;
const TREE = 'd'.repeat(40) as ObjectId;
const hold: Hold = { by: 'jo', reason: 'incident', since: '2026-11-08T10:02:33.000Z', at: A, from: null, until: null };

function stateOf(change: StateChange = {}) {
  const done: StateChange = { applied: { source: { revision: A, rootTree: TREE, tree: TREE } }, run: { dirty: [] } };
  return withChange(NOTHING_RECORDED, joinChanges(done, change));
}

describe('a hold', () => {
  it('is in force until its end, to the millisecond', () => {
    const until = { ...hold, until: '2026-11-09T00:00:00.000Z' };
    const endMs = Date.parse(until.until);
    expect(activeHold({ hold: until }, endMs - 1)).toBe(until);
    expect(activeHold({ hold: until }, endMs)).toBe(null);
    expect(activeHold({ hold }, endMs)).toBe(hold);
  });

  it('is described with the person, the time in UTC and the reason', () => {
    expect(describeHold(hold)).toBe('held by jo since Nov 8 10:02 UTC: incident');
  });

  it('keeps the commit whose run has opened, else the applied one', () => {
    expect(commitToKeep(stateOf())).toBe(A);
    const lease = { run: 'r', holder: 'h', untilMs: 1 };
    const opened = { run: { lease, dirty: ['a.yaml'] }, outcome: { attempted: B, pendingOn: B } };
    expect(commitToKeep(stateOf(opened))).toBe(B);
    const waiting = { revision: B, sinceMs: 1, created: 1, updated: 0, pruned: 0, on: [], isApplied: false };
    const paused = { progress: { waiting: { ...waiting, isDeferred: false, isExact: true } } };
    expect(commitToKeep(stateOf(paused))).toBe(B);
    const killed = { progress: { waiting: { ...waiting, isDeferred: false, isExact: false, isOpened: true } } };
    expect(commitToKeep(stateOf(killed))).toBe(B);
  });

  it('keeps the applied commit while a correction of drift works after a refused tip', () => {
    const lease = { run: 'r', holder: 'h', untilMs: 1 };
    expect(commitToKeep(stateOf({ run: { lease, dirty: [] }, outcome: { attempted: B } }))).toBe(A);
  });

  it('does not take a tip that waits for its window for one whose run has opened, while a correction of drift works', () => {
    const lease = { run: 'r', holder: 'h', untilMs: 1 };
    const counts = { created: 0, updated: 0, pruned: 0 };
    const on = ['deploys are not allowed until Monday'];
    const run = { state: stateOf(), revision: B, settings: 's', sinceMs: 1, nowMs: 2 };
    const deferred = waitingChange(run, { on, counts, isApplied: false, isExact: false, isDeferred: true });
    const state = stateOf(joinChanges(deferred, { run: { lease, dirty: [] } }));
    expect(openedCommit(state)).toBe(null);
    expect(commitToKeep(state)).toBe(A);
  });

  it('leaves a tip pending only where the tip is another commit than the one that is kept', () => {
    const pendingOn = (revision: Revision | null) => ({
      hold,
      outcome: { ...NOTHING_RECORDED.outcome, pendingOn: revision },
    });
    expect(isLeftByHold(pendingOn(B), B)).toBe(true);
    expect(isLeftByHold(pendingOn(A), A)).toBe(false);
    expect(isLeftByHold(pendingOn(null), B)).toBe(false);
    expect(isLeftByHold({ ...pendingOn(B), hold: null }, B)).toBe(false);
  });

  it('keeps no commit where none was applied completely', () => {
    expect(commitToKeep(NOTHING_RECORDED)).toBe(null);
    expect(commitToKeep(stateOf({ run: { dirty: ['a.yaml'] }, outcome: { attempted: B } }))).toBe(null);
  });
});

function entry(revision: Revision, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    revision,
    verdict: 'deployed',
    subject: 'change',
    author: 'Jo',
    created: 1,
    updated: 0,
    pruned: 0,
    durationMs: 3,
    by: 'sweep',
    at: '2026-11-08T10:02:33.000Z',
    awaited: revision,
    ...change,
  };
}

const historyOf = (...newestFirst: readonly HistoryEntry[]) =>
  newestFirst.toReversed().reduce<readonly string[]>((history, each) => withOutcome(history, each), []);

describe('the history of a target', () => {
  it('has the newest outcome first, and a repeated refusal once', () => {
    const refused = entry(B, { verdict: 'refused' });
    const history = historyOf({ ...refused, by: 'jo' }, refused, entry(A), entry(A));
    expect(decodeHistory(history)).toEqual([{ ...refused, by: 'jo' }, entry(A), entry(A)]);
  });

  it('keeps 20 outcomes, and leaves out what it cannot read', () => {
    const revisions = Array.from({ length: 25 }, (_, n) => n.toString(16).padStart(40, 'e') as Revision);
    const history = historyOf(...revisions.map((revision) => entry(revision)));
    expect(history).toHaveLength(20);
    expect(decodeHistory(['{', ...history.slice(0, 1), '{"revision":"x"}'])).toHaveLength(1);
  });
});

describe('the last commit that was ready', () => {
  const waits = { waitMs: 1 };
  const record = (revision: Revision, readiness: 'ready' | 'not-ready', before: Revision | null = null) => ({
    revision,
    readiness,
    lastReady: before,
  });

  it('is the one before the commit that is not ready', () => {
    const state = stateOf({ history: historyOf(entry(A), entry(B), entry(C)) });
    expect(lastReady(waits, state, record(A, 'not-ready', B))).toBe(B);
  });

  it('is none that wrote nothing to wait for on top of what never became ready', () => {
    const state = stateOf({ history: historyOf(entry(A), entry(B, { awaited: C }), entry(C)) });
    expect(lastReady(waits, state, record(C, 'not-ready'))).toBe(null);
    const never = stateOf({ history: historyOf(entry(A), entry(B, { awaited: null })) });
    expect(lastReady(waits, never, null)).toBe(B);
  });

  it('is the applied commit when a later one was applied in part', () => {
    const partial = { run: { dirty: ['a.yaml'] }, outcome: { attempted: B } };
    const history = historyOf(entry(B, { verdict: 'partial' }), entry(A));
    expect(lastReady(waits, stateOf({ ...partial, history }), record(A, 'ready'))).toBe(A);
  });

  it('is the last one deployed for a target that does not wait', () => {
    const state = stateOf({ history: historyOf(entry(A), entry(B, { verdict: 'refused' }), entry(C)) });
    expect(lastReady({ waitMs: 0 }, state, null)).toBe(C);
  });
});
