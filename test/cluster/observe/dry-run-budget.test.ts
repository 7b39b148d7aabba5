import { describe, expect, it } from 'vitest';
import { dryRunBudget } from '../../../src/cluster/observe/dry-run-budget.ts';

function gate({ total, limitMs }: { total: number; limitMs: number | null }) {
  let nowMs = 0;
  const answered = dryRunBudget({ total, limitMs, nowMs: () => nowMs, target: { name: 'shop' } });
  return (eachMs: number, times: number) => {
    for (let index = 0; index < times; index += 1) {
      nowMs += eachMs;
      answered();
    }
  };
}

describe('the time of a gate', () => {
  it('is enough as long as its pace fits the run', () => {
    expect(() => gate({ total: 1000, limitMs: 10_000 })(10, 1000)).not.toThrow();
  });

  it('is too long as soon as its pace shows it, and not before', () => {
    const answer = gate({ total: 1000, limitMs: 9_999 });
    expect(() => answer(10, 63)).not.toThrow();
    expect(() => answer(10, 1)).toThrow('the dry run of 1000 objects needs about 10 s, and a run here has 10 s');
  });

  it('names the way on', () => {
    const answer = gate({ total: 100_000, limitMs: 1_000 });
    expect(() => answer(1, 64)).toThrow(
      expect.objectContaining({ code: 'gate-too-long', remedy: expect.stringContaining('headgate deploy shop') }),
    );
  });

  it('is of no interest where a run may take as long as it likes', () => {
    expect(() => gate({ total: 100_000, limitMs: null })(100, 640)).not.toThrow();
  });
});
