import { describe, expect, it } from 'vitest';
import { HOSTILE_LIMITS, exceeds, measureGenerated } from './measure.ts';

// A sample of `npm run test:hostile`.
describe(`a hostile input blocks a process for at most ${HOSTILE_LIMITS.blockedMs} ms and ${HOSTILE_LIMITS.peakMb} MB`, () => {
  it('if it is generated', async () => {
    const measured = await measureGenerated({ count: 20, seed: 1 });
    expect(measured).toHaveLength(20);
    expect(measured.filter((each) => exceeds(each))).toEqual([]);
  }, 120_000);
});
