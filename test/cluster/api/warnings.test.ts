import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../src/cluster/api/connection.ts';

describe('the warnings of a response', () => {
  it.each([
    ['none', undefined, []],
    ['one', '299 - "v1 Endpoints is deprecated in v1.33+"', ['v1 Endpoints is deprecated in v1.33+']],
    ['several in one line, as HTTP/2 joins them', '299 - "one, two", 299 - "three"', ['one, two', 'three']],
    ['several lines', ['299 - "one"', '299 kube-apiserver "two"'], ['one', 'two']],
    [
      'one that quotes',
      String.raw`299 - "would violate \"restricted\": a\\b"`,
      [String.raw`would violate "restricted": a\b`],
    ],
    ['one with its date', '299 - "one" "Thu, 01 Jan 2026 00:00:00 GMT", 299 - "two"', ['one', 'two']],
    ['a malformed header', 'no warning', []],
  ])('are parsed: %s', (_what, header, texts) => {
    expect(warningsOf(header)).toEqual(texts);
  });
});
