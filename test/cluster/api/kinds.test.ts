import { describe, expect, it } from 'vitest';
import { pathSegment } from '../../../src/cluster/api/kinds.ts';

describe('a name in a request path', () => {
  it.each([
    ['web', 'web'],
    ['system:node', 'system%3Anode'],
    ['a/../b', 'a%2F..%2Fb'],
    ['?labelSelector=x', '%3FlabelSelector%3Dx'],
  ])('is encoded: %s', (name, expected) => {
    expect(pathSegment(name)).toBe(expected);
  });

  it.each(['', '.', '..'])('is refused where it would be another path: "%s"', (name) => {
    expect(() => pathSegment(name)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
  });
});
