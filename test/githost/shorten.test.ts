import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten } from '../../src/githost/port/shorten.ts';

const characters = (length: number) => ({ length, lengthOf: (text: string) => text.length });
const bytes = (length: number) => ({ length, lengthOf: (text: string) => Buffer.byteLength(text) });

describe('a shortened description', () => {
  it('keeps the position, the beginning of the reason and the count', () => {
    const where = 'clusters/prod/apps/web.yaml:23';
    const what = `spec.template.spec.containers[0].imagePullPolicy: ${'x'.repeat(200)}`;
    const short = shorten({ where, what, more: '(+12 more)' }, characters(140));
    expect(short).toHaveLength(140);
    expect(short).toMatch(
      /^clusters\/prod\/apps\/web\.yaml:23 spec\.template\.spec\.containers\[0\]\.imagePullPolicy: x+… \(\+12 more\)$/,
    );
  });

  it('gives a long path at most half of the room, and keeps its end', () => {
    const where = `${'directory/'.repeat(20)}web.yaml:7`;
    const short = shorten({ where, what: 'data.a: field is immutable', more: '(+1 more)' }, characters(100));
    expect(short).toMatch(/^…\S*\/web\.yaml:7 data\.a: field is immutable \(\+1 more\)$/);
  });

  it.each([
    ['nothing to cut', 'a'.repeat(20), characters(20), 'a'.repeat(20)],
    ['one character too many', 'a'.repeat(21), characters(20), `${'a'.repeat(19)}…`],
    ['bytes instead of characters', 'ä'.repeat(12), bytes(20), `${'ä'.repeat(8)}…`],
    ['several lines', 'a\n\n  b', characters(20), 'a b'],
    ['text that would change its order', 'a\u202egpj', characters(20), 'a\\u202egpj'],
  ])('fits its limit with %s', (_name, text, limit, expected) => {
    expect(shorten(text, limit)).toBe(expected);
  });

  it('always fits, and never loses the count or half of a character', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 999 }), (where, what, count) => {
        for (const limit of [characters(140), bytes(140)]) {
          const short = shorten({ where, what, more: `(+${count} more)` }, limit);
          expect(limit.lengthOf(short)).toBeLessThanOrEqual(140);
          expect(short.endsWith(`(+${count} more)`)).toBe(true);
          expect(short.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
