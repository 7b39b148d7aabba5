import { visibleLine } from '../../error/visible-text.ts';

/* Whatever comes from a repository or a cluster is written as code, so that it is neither markup nor a mention. */

/** A span ends at as many backticks as it begins with: https://spec.commonmark.org/0.31.2/#code-spans */
export function code(text: string): string {
  const visible = visibleLine(text);
  const ticks = '`'.repeat(longestTicks(visible) + 1);
  const pad = visible.startsWith('`') || visible.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${visible}${pad}${ticks}`;
}

/** In a table, a bar ends the cell even in code: https://github.github.com/gfm/#example-200 */
export function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

/** Markdown is not read inside of a summary. */
export function codeTag(text: string): string {
  const escaped = visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<code>${escaped}</code>`;
}

/** The fence of a code block that contains these lines. */
export function fenceOf(lines: readonly string[]): string {
  return '`'.repeat(Math.max(3, longestTicks(lines.join('\n')) + 1));
}

function longestTicks(text: string): number {
  let longest = 0;
  for (const [ticks] of text.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  return longest;
}
