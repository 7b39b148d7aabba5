import { describe, expect, it } from 'vitest';
import { MAX_ATTEMPTS, delayBefore, pauseAfterLook } from '../../../src/deploy/readiness/pacing.ts';

describe('delayBefore', () => {
  it('is zero for the first attempts and then divides the remaining time', () => {
    const delays = (waitMs: number) => {
      let leftMs = waitMs;
      return Array.from({ length: MAX_ATTEMPTS }, (_, index) => {
        leftMs -= 60_000;
        const delayMs = delayBefore(index + 1, { leftMs, attemptMs: 60_000 });
        leftMs -= delayMs;
        return Math.round(delayMs / 1000);
      });
    };
    expect(delays(300_000)).toEqual(Array.from({ length: MAX_ATTEMPTS }, () => 0));
    const hour = delays(3_600_000);
    expect(hour.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(hour.reduce((sum, seconds) => sum + seconds, 0) + MAX_ATTEMPTS * 60).toBeGreaterThan(3_500);
    expect(Math.max(...delays(100 * 3_600_000))).toBe(900);
  });
});

describe('pauseAfterLook', () => {
  it('grows to a quarter of an hour, and ends at the deadline', () => {
    const seconds = (looks: number) => pauseAfterLook(looks, 86_400_000) / 1000;
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(seconds)).toEqual([
      2, 3, 5, 8, 13, 30, 60, 120, 240, 480, 900, 900,
    ]);
    expect(pauseAfterLook(7, 40_000)).toBe(40_000);
    expect(pauseAfterLook(7, -1)).toBe(1_000);
  });
});
