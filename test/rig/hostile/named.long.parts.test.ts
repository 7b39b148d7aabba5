import { describe, expect, it } from 'vitest';
import { NAMED_INPUTS } from './inputs.ts';
import { HOSTILE_LIMITS, exceeds, measureNamed } from './measure.ts';

describe(`a hostile input blocks a process for at most ${HOSTILE_LIMITS.blockedMs} ms and ${HOSTILE_LIMITS.peakMb} MB`, () => {
  it('if it is one of those of the first attack', async () => {
    const measured = await measureNamed();
    expect(measured.map(({ name }) => name)).toEqual(NAMED_INPUTS.map(({ name }) => name));
    expect(measured.filter((each) => exceeds(each))).toEqual([]);
    // What reads outside, or removes what is not its own, is refused whatever it costs.
    const refused = measured.filter(({ name }) => /shards|Files|Literals|long s/.test(name));
    expect(refused.filter(({ outcome }) => !/^(render-refused|state-invalid)/.test(outcome))).toEqual([]);
  }, 240_000);
});
