import { describe, expect, it } from 'vitest';
import { isContested, isResting, nextContests, withoutRefused } from '../../src/state/contest.ts';
import type { Contests } from '../../src/state/contest.ts';

const MINUTE = 60_000;
const A = 'ConfigMap shop/a';
const B = 'ConfigMap shop/b';

function corrected(times: readonly number[]): Contests {
  return times.reduce<Contests>((contests, at) => nextContests(contests, { corrected: [A], refused: [] }, at), {});
}

describe('an object that is corrected repeatedly', () => {
  it('is contested after the third correction, and rests half an hour, then twice as long each time', () => {
    expect(isContested(A, corrected([0, MINUTE]))).toBe(false);
    const third = corrected([0, MINUTE, 2 * MINUTE]);
    expect([isContested(A, third), isResting(A, third, 32 * MINUTE - 1), isResting(A, third, 32 * MINUTE)]).toEqual([
      true,
      true,
      false,
    ]);
    const fourth = corrected([0, MINUTE, 2 * MINUTE, 40 * MINUTE]);
    expect([isResting(A, fourth, 100 * MINUTE - 1), isResting(A, fourth, 100 * MINUTE)]).toEqual([true, false]);
  });

  it('that was refused rests at once, until another commit is deployed', () => {
    const refused = nextContests(corrected([0]), { corrected: [], refused: [B] }, MINUTE);
    expect([isResting(A, refused, 2 * MINUTE), isResting(B, refused, 2 * MINUTE)]).toEqual([false, true]);
    expect(withoutRefused(refused)).toEqual(corrected([0]));
    const fought = corrected([0, MINUTE, 2 * MINUTE]);
    expect(withoutRefused(fought)).toEqual(fought);
  });

  it('never rests longer than a day', () => {
    const starts = Array.from({ length: 30 }, (_, n) => n);
    const contests = corrected(starts);
    expect(isResting(A, contests, 29 + 24 * 60 * MINUTE - 1)).toBe(true);
    expect(isResting(A, contests, 29 + 24 * 60 * MINUTE)).toBe(false);
  });

  it('is no longer contested after an hour without a correction', () => {
    expect(corrected([0, MINUTE, 61 * MINUTE - 1])[A]?.times).toBe(3);
    expect(corrected([0, MINUTE, 61 * MINUTE])[A]?.times).toBe(1);
  });

  it('is dropped from the state when 50 others were corrected later', () => {
    const many = Array.from({ length: 60 }, (_, n) => n).reduce<Contests>(
      (contests, n) => nextContests(contests, { corrected: [`ConfigMap shop/${n}`], refused: [] }, n),
      {},
    );
    expect([Object.keys(many).length, many['ConfigMap shop/9'], many['ConfigMap shop/10']?.times]).toEqual([
      50,
      undefined,
      1,
    ]);
  });
});

it('rests an object that cannot be corrected at once', () => {
  const contests = nextContests({}, { corrected: [], refused: [A] }, 0);
  expect([isResting(A, contests, 30 * MINUTE - 1), isResting(A, contests, 30 * MINUTE)]).toEqual([true, false]);
});
