import { describe, expect, it } from 'vitest';
import type { CheckRequest } from '../../../src/deploy/ports/check-request.ts';
import { objectsFor } from '../../../src/deploy/ports/check-request.ts';
import { checkScopeOf, findingsOf } from '../../../src/deploy/readiness/judge-readiness.ts';
import { notReadyText } from '../../../src/deploy/report/channels/texts.ts';
import type { AwaitedObject } from '../../../src/health/needs-readiness.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../../../src/state/target-state.ts';
import type { StateChange, TargetState } from '../../../src/state/target-state.ts';
import type { ObjectId, Revision } from '../../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;
const TREE = 'c'.repeat(40) as ObjectId;
const NOW_MS = 1_000_000;

const check: CheckRequest = {
  target: 'shop',
  trigger: { kind: 'delivery', id: 'd' },
  revision: A,
  sinceMs: 7,
  beganMs: 7,
  counts: { created: 1, updated: 0, pruned: 0 },
  objects: [],
  total: 1,
  attempt: 0,
  reported: null,
  statusIsFinal: false,
  resumesRun: false,
};

function applied(revision: Revision, change: StateChange = {}): TargetState {
  const done: StateChange = {
    applied: { source: { revision, rootTree: TREE, tree: TREE } },
    outcome: { attempted: revision },
    progress: { awaited: { revision: A, sinceMs: 7 } },
  };
  return withChange(NOTHING_RECORDED, joinChanges(done, change));
}

const WAITING = {
  sinceMs: 9,
  created: 0,
  updated: 0,
  pruned: 0,
  isApplied: false,
  on: ['target infra'],
  isDeferred: false,
  isExact: false,
};

const leased = (untilMs: number) => ({ run: { lease: { run: 'r', holder: 'h', untilMs } } });

describe('checkScopeOf', () => {
  const scopeOf = (state: TargetState) => checkScopeOf(state, check, NOW_MS);

  it('is current while the commit of the check is applied and no later run awaits it', () => {
    expect(scopeOf(applied(A))).toEqual({ kind: 'current' });
    expect(scopeOf(applied(A, { outcome: { attempted: B, verdict: 'refused' } }))).toEqual({ kind: 'current' });
    expect(scopeOf(applied(A, { ...leased(NOW_MS + 1), outcome: { attempted: B } }))).toEqual({ kind: 'current' });
  });

  it('is current while its own commit waits before its first write', () => {
    const waiting = { ...WAITING, revision: A };
    expect(scopeOf(applied(B, { progress: { waiting } }))).toEqual({ kind: 'current' });
  });

  it('is current while a later commit waits for another target, and superseded once its run has opened', () => {
    const waiting = { ...WAITING, revision: B };
    expect(scopeOf(applied(A, { progress: { waiting } }))).toEqual({ kind: 'current' });
    for (const opened of [{ isExact: true }, { isOpened: true } as const]) {
      const state = applied(A, { progress: { waiting: { ...waiting, ...opened } } });
      expect(scopeOf(state)).toEqual({ kind: 'superseded', by: B, isAwaited: true });
    }
  });

  it('is open while the run that queued the check still writes, and no longer than its lease', () => {
    const open = (untilMs: number) => applied(B, { outcome: { attempted: A }, ...leased(untilMs) });
    expect(scopeOf(open(NOW_MS + 1))).toEqual({ kind: 'open' });
    expect(scopeOf(open(NOW_MS))).toEqual({ kind: 'superseded', by: B, isAwaited: true });
  });

  it('is open after the run that queued the check died, until its retry has ended, for ten minutes', () => {
    const died = applied(B, { outcome: { attempted: A }, ...leased(8) });
    expect(checkScopeOf(died, check, 7 + 599_999)).toEqual({ kind: 'open' });
    expect(checkScopeOf(died, check, 7 + 600_000)).toEqual({ kind: 'superseded', by: B, isAwaited: true });
    const retried = withChange(died, { progress: { awaited: { revision: A, sinceMs: 9 } } });
    expect(checkScopeOf(retried, check, 7 + 599_999)).toEqual({ kind: 'open' });
  });

  it('is open until the run that queued the check has recorded what it awaits, and no longer than ten minutes', () => {
    const unrecorded = withChange(applied(B), { progress: { awaited: { revision: B, sinceMs: 6 } } });
    expect(checkScopeOf(unrecorded, check, 7 + 599_999)).toEqual({ kind: 'open' });
    expect(checkScopeOf(withChange(unrecorded, { progress: { awaited: null } }), check, 8)).toEqual({ kind: 'open' });
    expect(checkScopeOf(unrecorded, check, 7 + 600_000)).toEqual({ kind: 'superseded', by: B, isAwaited: false });
  });

  it('is superseded when another commit was applied, and no longer awaited when that commit has its own check', () => {
    expect(scopeOf(applied(B))).toEqual({ kind: 'superseded', by: B, isAwaited: true });
    expect(scopeOf(applied(B, { progress: { awaited: { revision: B, sinceMs: 9 } } }))).toEqual({
      kind: 'superseded',
      by: B,
      isAwaited: false,
    });
    expect(scopeOf(applied(A, { outcome: { attempted: B, verdict: 'partial' } }))).toEqual({
      kind: 'superseded',
      by: B,
      isAwaited: true,
    });
  });

  it('is superseded by the commit of a run that has opened and is not closed yet', () => {
    const opened = applied(A, {
      ...leased(NOW_MS + 1),
      outcome: { attempted: B },
      progress: { awaited: { revision: B, sinceMs: 9 } },
    });
    expect(scopeOf(opened)).toEqual({ kind: 'superseded', by: B, isAwaited: false });
  });

  it('is superseded by no commit when a later run of the same commit has its own check', () => {
    expect(scopeOf(applied(A, { progress: { awaited: { revision: A, sinceMs: 8 } } }))).toEqual({
      kind: 'superseded',
      by: null,
      isAwaited: false,
    });
  });
});

function object(name: string): AwaitedObject {
  return {
    apiVersion: 'apps/v1',
    id: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
    mayVanish: false,
  };
}

describe('findingsOf', () => {
  const found = findingsOf(
    [object('api'), object('db'), object('web')],
    [
      { kind: 'ready' },
      { kind: 'progressing', reason: '0 of 1 replicas available' },
      { kind: 'failed', reason: 'ImagePullBackOff ghcr.io/acme/web:2' },
    ],
  );

  it('lists failed objects first and leaves out ready ones', () => {
    expect(found.isStuck).toBe(true);
    expect(found.left.map(({ id }) => id.name)).toEqual(['db', 'web']);
    expect(notReadyText(3, found.notReady)).toBe(
      '1 of 3 ready: web: ImagePullBackOff ghcr.io/acme/web:2; db: 0 of 1 replicas available',
    );
  });

  it('is not stuck while objects are progressing or cannot be read', () => {
    const { isStuck, notReady } = findingsOf([object('web')], [{ kind: 'unknown', reason: 'forbidden' }]);
    expect([isStuck, notReady.map(({ reason }) => reason)]).toEqual([false, ['forbidden']]);
  });

  it('replaces more than 500 objects by all, so that a check fits into a message', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => object(`web-${n}`));
    expect(objectsFor(many(500))).toHaveLength(500);
    expect(objectsFor(many(501))).toBe('all');
  });
});
