import { describe, expect, it } from 'vitest';
import { escapeInvisible, visibleLine, visibleText } from '../../src/error/visible-text.ts';

describe('text for people', () => {
  it.each([
    ['a\u001b[2Jb', 'a\\x1b[2Jb'],
    ['a\u009b31m', 'a\\x9b31m'],
    ['rtl\u202egpj.yaml', 'rtl\\u202egpj.yaml'],
    ['a\u2066b\u2069', 'a\\u2066b\\u2069'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['one\u2028two', 'one\\u2028two'],
    ['tag\u{e0041}', 'tag\\udb40\\udc41'],
    ['blank\u3164letter', 'blank\\u3164letter'],
    ['soft\u00adhyphen', 'soft\\xadhyphen'],
    ['äöü 🐝 日本', 'äöü 🐝 日本'],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ])('shows what is invisible as a code: %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it('does not begin another line', () => {
    expect(visibleLine('kind\n- prune x\t')).toBe('kind\\x0a- prune x\\x09');
  });

  it('is escaped in JSON so that it keeps its meaning', () => {
    const text = 'a\u202eb\u{e0041}c\u009b🐝';
    const json = escapeInvisible(JSON.stringify(text));
    expect(json).toBe(String.raw`"a\u202eb\udb40\udc41c\u009b🐝"`);
    expect(JSON.parse(json)).toBe(text);
  });
});
