import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseJson, stringifyJson } from '../../src/resource/json.ts';
import type { Json } from '../../src/resource/resource.ts';

describe('JSON', () => {
  it('keeps integers exact beyond the range of a JavaScript number', () => {
    const text = '{"a":9007199254740993,"b":-9223372036854775808,"c":12,"d":0.1,"e":1e21}';
    expect(stringifyJson(parseJson(text))).toBe(
      '{"a":9007199254740993,"b":-9223372036854775808,"c":12,"d":0.1,"e":1e+21}',
    );
  });

  it("escapes only what the API server's YAML reader folds or rejects", () => {
    expect(stringifyJson('a\u007f\u0085\u009f\u00a0\ufffe\uffff/😀é')).toBe(
      '"a\\u007f\\u0085\\u009f\u00a0\\ufffe\\uffff/😀é"',
    );
  });

  it('has the same canonical text whatever the order of its keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] }));
    expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
  });

  it('is the same after being written and parsed', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        expect(parseJson(stringifyJson(value as Json))).toEqual(value);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
