import { describe, expect, it } from 'vitest';
import { stopWhileBackingOff, stopWhileUnapproved } from '../../../src/deploy/prepare/stops.ts';
import { mergeRequests } from '../../../src/deploy/requests/merge-requests.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import type { Revision } from '../../../src/snapshot/source.ts';
import { NOTHING_RECORDED, withChange } from '../../../src/state/target-state.ts';
import { backoffWhileWaiting } from '../../../src/state/backoff.ts';

const ATTEMPT = { revision: 'a'.repeat(40) as Revision, settings: 's', nowMs: 1000 };
const BACKING_OFF = withChange(NOTHING_RECORDED, {
  outcome: { backoff: backoffWhileWaiting(NOTHING_RECORDED.outcome, ATTEMPT) },
});
const SWEPT: DeployRequest = { target: 'blog', trigger: { kind: 'sweep' }, hint: null, at: '2026-01-01T00:00:00Z' };
const stopFor = (...requests: readonly [DeployRequest, ...DeployRequest[]]) =>
  stopWhileBackingOff({ ...ATTEMPT, state: BACKING_OFF, request: mergeRequests(requests[0], requests) });

describe('a target that backs off', () => {
  it('is not run by the sweep', () => {
    expect(stopFor(SWEPT)).toEqual({ kind: 'backing-off' });
  });

  it('is run by a delivery and by a command', () => {
    expect(stopFor({ ...SWEPT, trigger: { kind: 'delivery', id: '1' } })).toBeNull();
    expect(stopFor({ ...SWEPT, trigger: { kind: 'cli' } })).toBeNull();
  });

  it('is run when another target took over or released what it waits for, even if the sweep began that', () => {
    expect(stopFor({ ...SWEPT, wokenBy: ['shop'] })).toBeNull();
    expect(stopFor(SWEPT, { ...SWEPT, wokenBy: ['shop'] }, SWEPT)).toBeNull();
  });

  it('is run when another target depends on what it does', () => {
    expect(stopFor({ ...SWEPT, wakes: [{ target: 'shop' }] })).toBeNull();
  });
});

describe('a target whose plan waits for an approval', () => {
  const waiting = { sinceMs: 0, created: 0, updated: 0, pruned: 0, isApplied: false, isDeferred: true, isExact: false };
  const stop = (on: string, change: Partial<DeployRequest> = {}, approval: 'none' | 'plan' = 'plan') => {
    const progress = { waiting: { ...waiting, revision: ATTEMPT.revision, on: [on] } };
    const request = { ...SWEPT, ...change, target: { approval } };
    return stopWhileUnapproved({ ...ATTEMPT, state: withChange(NOTHING_RECORDED, { progress }), request });
  };
  const UNAPPROVED = 'waits for approval: 1 update: ConfigMap a; approve 3f9c2a1';

  it('is not planned again by the sweep, but by a delivery, a command or another target', () => {
    expect(stop(UNAPPROVED)).toEqual({ kind: 'backing-off' });
    expect(stop(UNAPPROVED, { trigger: { kind: 'delivery', id: '1' } })).toBeNull();
    expect(stop(UNAPPROVED, { trigger: { kind: 'cli' } })).toBeNull();
    expect(stop(UNAPPROVED, { wokenBy: ['shop'] })).toBeNull();
  });

  it('is planned by the sweep when it waited for a hold that has run out, or no longer needs an approval', () => {
    expect(stop('held by jo since Nov 28 10:02 UTC: incident')).toBeNull();
    expect(stop(UNAPPROVED, {}, 'none')).toBeNull();
  });
});
