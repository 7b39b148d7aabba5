import { describe, expect, it } from 'vitest';
import { stopWhileBackingOff } from '../../../src/deploy/prepare/stops.ts';
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
