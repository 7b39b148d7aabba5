import { describe, expect, it } from 'vitest';
import { HOST_NAMES, isHost } from '../../src/githost/hosts.ts';
import { isPlannedHost } from '../../src/githost/profiles.ts';

describe('the list of Git hosts', () => {
  it('does not call a host that is supported a planned one', () => {
    expect(HOST_NAMES.filter((name) => isPlannedHost(name) || !isHost(name))).toEqual([]);
  });

  it.each(['constructor', 'toString', '__proto__', 'GitHub', ''])('does not have "%s"', (name) => {
    expect(isHost(name)).toBe(false);
  });
});
