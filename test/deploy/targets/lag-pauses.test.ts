import { describe, expect, it } from 'vitest';
import { lagPauses } from '../../../src/deploy/targets/lag-pauses.ts';

const AT = '2026-01-01T00:00:00.000Z';
const after = (ms: number) => lagPauses(AT, Date.parse(AT) + ms);

describe('lagPauses', () => {
  it('returns what is left of seven seconds since the delivery arrived', () => {
    expect(after(0)).toEqual([1000, 2000, 4000]);
    expect(after(999)).toEqual([1, 2000, 4000]);
    expect(after(1000)).toEqual([2000, 4000]);
    expect(after(4500)).toEqual([2500]);
    expect(after(6999)).toEqual([1]);
    expect(after(7000)).toEqual([]);
    expect(after(7001)).toEqual([]);
  });

  it('returns no pauses for a delivery without a valid time', () => {
    expect(lagPauses('', Date.parse(AT))).toEqual([]);
  });
});
