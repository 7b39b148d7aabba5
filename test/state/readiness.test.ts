import { describe, expect, it } from 'vitest';
import { readinessOf } from '../../src/state/readiness.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../../src/state/target-state.ts';
import type { StateChange } from '../../src/state/target-state.ts';
import type { ObjectId, Revision } from '../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;
const TREE = 'c'.repeat(40) as ObjectId;

/** B is applied, and the run of A was the last one that wrote objects that take time to become ready. */
function applied(change: StateChange = {}) {
  const done: StateChange = {
    applied: { source: { revision: B, rootTree: TREE, tree: TREE } },
    progress: { awaited: { revision: A, sinceMs: 7 } },
  };
  return withChange(NOTHING_RECORDED, joinChanges(done, change));
}

describe('the readiness of a target', () => {
  const record = { revision: A, sinceMs: 7, readiness: 'not-ready', notReady: [], lastReady: null, at: '' } as const;

  it('is that of the last run that wrote objects that take time to become ready', () => {
    expect(readinessOf({ waitMs: 1 }, applied(), record)).toBe('not-ready');
    const later = applied({ progress: { awaited: { revision: B, sinceMs: 9 } } });
    expect(readinessOf({ waitMs: 1 }, later, record)).toBe('progressing');
    expect(readinessOf({ waitMs: 1 }, applied({ progress: { awaited: null } }), null)).toBe('ready');
  });

  it('is null if it is not checked, if nothing was applied, and after a partial run', () => {
    expect(readinessOf({ waitMs: 0 }, applied(), record)).toBeNull();
    expect(readinessOf({ waitMs: 1 }, NOTHING_RECORDED, null)).toBeNull();
    expect(readinessOf({ waitMs: 1 }, applied({ outcome: { verdict: 'partial', attempted: A } }), record)).toBeNull();
  });
});
