import { describe, expect, it } from 'vitest';
import type { ErrorCode, Problem } from '../../src/error/deploy-error.ts';
import { backoffAfter, backoffWhileWaiting, isBackingOff } from '../../src/state/backoff.ts';
import type { Backoff } from '../../src/state/target-state.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const A = 'a'.repeat(40) as Revision;
const B = 'b'.repeat(40) as Revision;
const MINUTE_MS = 60_000;
const tried = { revision: A, settings: 's', nowMs: 1_000 };

function problem(code: ErrorCode): Problem {
  return { code, subject: 'x', message: 'is wrong', remedy: 'Fix it.' };
}

function refusedAgain(times: number): Backoff | null {
  let backoff: Backoff | null = null;
  for (let n = 0; n < times; n += 1) {
    backoff = backoffAfter({ backoff }, { ...tried, errors: [problem('manifest-invalid')] });
  }
  return backoff;
}

describe('the back-off of a refused commit', () => {
  it('starts at ten minutes and doubles with every try, up to a day', () => {
    const minutes = [1, 2, 3, 8, 9].map((times) => ((refusedAgain(times)?.nextTryMs ?? 0) - tried.nowMs) / MINUTE_MS);
    expect(minutes).toEqual([10, 20, 40, 1280, 1440]);
  });

  it('starts over for another commit, and for other settings', () => {
    const backoff = refusedAgain(3);
    const errors = [problem('manifest-invalid')];
    expect(backoffAfter({ backoff }, { ...tried, revision: B, errors })).toMatchObject({ tries: 1 });
    expect(backoffAfter({ backoff }, { ...tried, settings: 't', errors })).toMatchObject({ tries: 1 });
  });

  it('does not start for an external failure, which the queue retries', () => {
    const errors = [problem('manifest-invalid'), problem('cluster-unreachable')];
    expect(backoffAfter({ backoff: null }, { ...tried, errors })).toBeNull();
    expect(backoffAfter({ backoff: null }, { ...tried, errors: [] })).toBeNull();
  });

  it('has class manifest if any error is in a manifest, otherwise class guard', () => {
    const classOf = (...codes: readonly ErrorCode[]) =>
      backoffAfter({ backoff: null }, { ...tried, errors: codes.map((code) => problem(code)) })?.class;
    expect([classOf('prune-limit'), classOf('prune-limit', 'manifest-invalid')]).toEqual(['guard', 'manifest']);
    expect(backoffWhileWaiting({ backoff: refusedAgain(1) }, tried)).toMatchObject({ class: 'guard', tries: 2 });
  });

  it('lasts until its next try, and only for this commit and these settings', () => {
    const backoff = refusedAgain(1);
    const nextTryMs = backoff?.nextTryMs ?? 0;
    const isHeldAt = (nowMs: number) => isBackingOff({ backoff }, { ...tried, nowMs });
    expect([nextTryMs - 1, nextTryMs, nextTryMs + 1].map(isHeldAt)).toEqual([true, false, false]);
    // A clock that has been set back by more than the longest pause holds up nothing.
    const DAY_MS = 24 * 60 * MINUTE_MS;
    expect([nextTryMs - DAY_MS, nextTryMs - DAY_MS - 1].map(isHeldAt)).toEqual([true, false]);
    expect(isBackingOff({ backoff }, { ...tried, revision: B })).toBe(false);
    expect(isBackingOff({ backoff }, { ...tried, settings: 't' })).toBe(false);
    expect(isBackingOff({ backoff: null }, tried)).toBe(false);
  });
});
