import { describe, expect, it } from 'vitest';
import { inParallel } from '../../src/exchange/pool.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the worker pool', () => {
  it('keeps the order of the items in its results, whichever ends first', async () => {
    const ends: (() => void)[] = [];
    const all = inParallel(numbers(3), 64, (n) => new Promise<number>((resolve) => ends.push(() => resolve(n * 2))));
    for (const end of ends.toReversed()) end();
    expect(await all).toEqual([0, 2, 4]);
  });

  it('has as many items under way at a time as its limit, and works on each item once', async () => {
    let underWay = 0;
    let most = 0;
    const seen: number[] = [];
    await inParallel(numbers(500), 64, async (n) => {
      underWay += 1;
      most = Math.max(most, underWay);
      seen.push(n);
      await Promise.resolve();
      underWay -= 1;
    });
    expect(most).toBe(64);
    expect(seen.toSorted((a, b) => a - b)).toEqual(numbers(500));
  });

  it('begins nothing more after a failure, and throws it when the rest has ended', async () => {
    const begun: number[] = [];
    let ended = 0;
    const all = inParallel(numbers(1000), 64, async (n) => {
      begun.push(n);
      if (n === 10) throw new Error('the eleventh');
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
    });
    await expect(all).rejects.toThrow('the eleventh');
    expect(begun.length).toBeLessThan(200);
    expect(ended).toBe(begun.length - 1);
  });
});
