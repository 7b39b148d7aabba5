import { describe, expect, it } from 'vitest';
import { HOST_NAMES, isHost } from '../../src/githost/hosts.ts';

describe('the list of Git hosts', () => {
  it('has each of its names', () => {
    expect(HOST_NAMES.filter((name) => !isHost(name))).toEqual([]);
  });

  it.each(['constructor', 'toString', '__proto__', 'GitHub', ''])('does not have "%s"', (name) => {
    expect(isHost(name)).toBe(false);
  });
});
