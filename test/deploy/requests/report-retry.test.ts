import { describe, expect, it } from 'vitest';
import { isWorthReporting } from '../../../src/deploy/requests/report-retry.ts';
import type { ErrorCode } from '../../../src/error/deploy-error.ts';

const attempt = { error: { code: 'cluster-broken' as ErrorCode, retryAfterMs: undefined }, ageMs: 10, durationMs: 10 };

describe('a failed attempt', () => {
  it('is worth reporting from the second one on', () => {
    expect([1, 2, 20].map((tries) => isWorthReporting({ ...attempt, tries }))).toEqual([false, true, true]);
  });

  it('is worth reporting at once when the next one would not end within 30 seconds', () => {
    const first = { ...attempt, tries: 1 };
    const after = (ageMs: number, durationMs: number, retryAfterMs?: number) =>
      isWorthReporting({ ...first, ageMs, durationMs, error: { code: 'cluster-throttled', retryAfterMs } });
    expect([after(29_999, 0), after(30_000, 0)]).toEqual([false, true]);
    expect([after(15_000, 14_999), after(15_000, 15_000)]).toEqual([false, true]);
    expect([after(10, 10, 29_979), after(10, 10, 29_980)]).toEqual([false, true]);
  });

  it.each<ErrorCode>(['lease-held', 'lease-lost', 'interrupted'])(
    'is not worth reporting when another run is the reason: %s',
    (code) => {
      expect(isWorthReporting({ ...attempt, tries: 20, ageMs: 600_000, error: { code, retryAfterMs: 1 } })).toBe(false);
    },
  );
});
