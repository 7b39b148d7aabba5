import { describe, expect, it } from 'vitest';
import { NOTHING_RECORDED, changesState, joinChanges, withChange } from '../../src/state/target-state.ts';
import type { StateChange } from '../../src/state/target-state.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const opened: StateChange = { outcome: { attempted: A, pendingOn: A }, run: { dirty: ['apps/a.yaml'] } };

describe('a change of the state', () => {
  it('changes what it names and keeps the rest of the same part', () => {
    const changed = withChange(NOTHING_RECORDED, opened);
    expect(changed).toEqual({
      ...NOTHING_RECORDED,
      outcome: { ...NOTHING_RECORDED.outcome, attempted: A, pendingOn: A },
      run: { lease: null, dirty: ['apps/a.yaml'] },
    });
    expect(withChange(changed, {})).toEqual(changed);
  });

  it('joined with another one has the effect of both in turn', () => {
    const closed: StateChange = { outcome: { pendingOn: null, verdict: 'partial' }, drift: { contests: {} } };
    const inTurn = withChange(withChange(NOTHING_RECORDED, opened), closed);
    expect(withChange(NOTHING_RECORDED, joinChanges(opened, closed))).toEqual(inTurn);
    expect(inTurn.outcome).toMatchObject({ attempted: A, pendingOn: null });
  });

  it('makes no difference if it equals the state, whatever the order of its keys', () => {
    const counts = { created: 2, updated: 3, pruned: 0 };
    const flags = { isApplied: false, isDeferred: false, isExact: true };
    const waiting = { revision: A, sinceMs: 1, ...counts, on: ['target infra'], ...flags };
    const state = withChange(NOTHING_RECORDED, { progress: { waiting } });
    const reordered = Object.fromEntries(Object.entries(waiting).toReversed()) as unknown as typeof waiting;
    expect(changesState(state, { progress: { waiting: reordered } })).toBe(false);
    expect(changesState(state, { progress: { waiting: { ...waiting, created: 1 } } })).toBe(true);
  });
});
