import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineDiff } from '../../../src/deploy/show/line-diff.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

describe('the difference of two texts', () => {
  it('shows the lines that change with three lines around them', () => {
    const before = numbered(20);
    const after = [...before.slice(0, 10), 'new', ...before.slice(11)];
    expect(lineDiff(before.join('\n'), after.join('\n'))).toEqual([
      '  …',
      '  line 7',
      '  line 8',
      '  line 9',
      '- line 10',
      '+ new',
      '  line 11',
      '  line 12',
      '  line 13',
      '  …',
    ]);
  });

  it('contains all lines of both texts where everything is near a change', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before.join('\n') !== after.join('\n'));
        const rows = lineDiff(before.join('\n'), after.join('\n')).filter((row) => row !== '  …');
        const of = (sign: string) => rows.filter((row) => row.startsWith(sign)).map((row) => row.slice(2));
        // What is far from every change is left out on both sides.
        expect(of('-').length - of('+').length).toBe(before.length - after.length);
        for (const line of of('-')) expect(before).toContain(line);
        for (const line of of('+')) expect(after).toContain(line);
      }),
    );
  });

  it('calls all lines replaced when there are too many to compare, in little time', () => {
    const before = numbered(20_000);
    const after = before.map((line) => `${line}!`);
    expect(lineDiff(before.join('\n'), after.join('\n'))).toHaveLength(40_000);
  });
});
