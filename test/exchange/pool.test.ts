import { describe, expect, it } from 'vitest';
import { inParallel } from '../../src/exchange/pool.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the worker pool', () => {
  it('returns results in the order of the items, whichever finishes first', async () => {
    const ends: (() => void)[] = [];
    const all = inParallel(numbers(3), 64, (n) => new Promise<number>((resolve) => ends.push(() => resolve(n * 2))));
    for (const end of ends.toReversed()) end();
    expect(await all).toEqual([0, 2, 4]);
  });

  it('processes as many items at a time as its limit, and each item once', async () => {
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    await inParallel(numbers(500), 64, async (n) => {
      running += 1;
      most = Math.max(most, running);
      seen.push(n);
      await Promise.resolve();
      running -= 1;
    });
    expect(most).toBe(64);
    expect(seen.toSorted((a, b) => a - b)).toEqual(numbers(500));
  });

  it('starts no further item after a failure, and throws it once the running ones have ended', async () => {
    const started: number[] = [];
    let ended = 0;
    const all = inParallel(numbers(1000), 64, async (n) => {
      started.push(n);
      if (n === 10) throw new Error('the eleventh');
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
    });
    await expect(all).rejects.toThrow('the eleventh');
    expect(started.length).toBeLessThan(200);
    expect(ended).toBe(started.length - 1);
  });
});
