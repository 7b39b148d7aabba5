import { describe, expect, it } from 'vitest';
import { dryRunBudget } from '../../../src/cluster/observe/dry-run-budget.ts';

function budget({ total, limitMs }: { total: number; limitMs: number | null }) {
  let nowMs = 0;
  const onObserved = dryRunBudget({ total, limitMs, nowMs: () => nowMs, target: { name: 'shop' } });
  return (eachMs: number, times: number) => {
    for (let index = 0; index < times; index += 1) {
      nowMs += eachMs;
      onObserved();
    }
  };
}

describe('the dry-run budget', () => {
  it('lasts as long as the pace fits the time limit of the run', () => {
    expect(() => budget({ total: 1000, limitMs: 10_000 })(10, 1000)).not.toThrow();
  });

  it('refuses the run as soon as the pace shows that it is too slow, and not before', () => {
    const observed = budget({ total: 1000, limitMs: 9_999 });
    expect(() => observed(10, 63)).not.toThrow();
    expect(() => observed(10, 1)).toThrow(
      'the dry run of 1000 objects takes about 10 s, longer than the time limit of a run (10 s)',
    );
  });

  it('suggests a deploy from a machine without the limit', () => {
    const observed = budget({ total: 100_000, limitMs: 1_000 });
    expect(() => observed(1, 64)).toThrow(
      expect.objectContaining({ code: 'gate-too-long', remedy: expect.stringContaining('headgate deploy shop') }),
    );
  });

  it('is unlimited for a run without a time limit', () => {
    expect(() => budget({ total: 100_000, limitMs: null })(100, 640)).not.toThrow();
  });
});
