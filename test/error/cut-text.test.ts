import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginningOf, cutEnd, cutStart, inBytes, inCharacters } from '../../src/error/cut-text.ts';

describe('a text that is cut', () => {
  it.each([
    ['before an emoji that does not fit', beginningOf('ab🙂cd', 3), 'ab'],
    ['after an emoji that fits', beginningOf('ab🙂cd', 4), 'ab🙂'],
    ['nowhere when it is short enough', beginningOf('ab🙂', 4), 'ab🙂'],
    ['at its end, with an ellipsis', cutEnd('ab🙂cd', inCharacters(4)), 'ab…'],
    ['at its beginning, with an ellipsis', cutStart('ab🙂cd', inCharacters(5)), '…🙂cd'],
    ['at a number of bytes', cutEnd('ä🙂ä', inBytes(7)), 'ä…'],
  ])('is cut %s', (_where, cut, expected) => {
    expect(cut).toBe(expected);
  });

  it('fits, and never ends or begins with half of a character', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 60 }), (whole, length) => {
        for (const limit of [inCharacters(length), inBytes(length)])
          for (const cut of [cutEnd(whole, limit), cutStart(whole, limit)]) {
            expect(limit.lengthOf(cut)).toBeLessThanOrEqual(length);
            expect(cut.isWellFormed()).toBe(true);
          }
        const beginning = beginningOf(whole, length);
        expect(beginning.isWellFormed()).toBe(true);
        expect(whole.startsWith(beginning)).toBe(true);
        expect(beginning.length).toBeGreaterThanOrEqual(Math.min(whole.length, length) - 1);
      }),
    );
  });

  it('is cut by src/error/cut-text.ts wherever an ellipsis shows it', async () => {
    const root = join(import.meta.dirname, '..', '..', 'src');
    const files = (await readdir(root, { recursive: true })).filter((path) => path.endsWith('.ts'));
    const cutting = files.filter((path) => /\.slice\(.*\)\}…/.test(readFileSync(join(root, path), 'utf8')));
    expect(cutting).toEqual(['error/cut-text.ts']);
  });
});
