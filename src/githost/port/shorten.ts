import { visibleText } from '../../error/visible-text.ts';

/** A text that has to fit into a host's limit. `where` and `more` say more than the end of `what`. */
export interface Description {
  /** `clusters/prod/web.yaml:7` */
  readonly where?: string;
  readonly what: string;
  /** `(+2 more)` */
  readonly more?: string;
}

/** What a host accepts. `lengthOf`: in the unit that the host counts. */
export interface Limit {
  readonly length: number;
  readonly lengthOf: (text: string) => number;
}

/**
 * Of a commit status, on every host. GitHub rejects a longer one (422), and counts characters, of which an emoji may be two;
 * the other hosts accept longer ones.
 */
export const DESCRIPTION: Limit = { length: 140, lengthOf: (text) => text.length };

/** Of the title of a pull request: the fewest characters that a host accepts (GitLab; GitHub one more). */
export const TITLE: Limit = { length: 255, lengthOf: (text) => text.length };

/** One line that fits: the end of `what` is cut, then the beginning of a long path, and `more` never. */
export function shorten(description: string | Description, limit: Limit): string {
  const { where = '', what, more = '' } = typeof description === 'string' ? { what: description } : description;
  const whole = joined([where, what, more]);
  if (limit.lengthOf(whole) <= limit.length) return whole;
  const end = joined(['', more]);
  const room = limit.length - limit.lengthOf(end === '' ? '' : ` ${end}`);
  // A path of more than half of the room would leave too little for the reason.
  const start = cutStart(joined([where]), { ...limit, length: Math.floor(room / 2) });
  return joined([cutEnd(joined([start, what]), { ...limit, length: room }), end]);
}

function joined(parts: readonly string[]): string {
  return visibleText(parts.join(' ')).replaceAll(/\s+/g, ' ').trim();
}

/** Cut at its end, where it is too long. Never within a character. */
export function cutEnd(text: string, limit: Limit): string {
  const characters = Array.from(text);
  return cut(text, limit, (count) => `${characters.slice(0, count).join('')}…`);
}

function cutStart(text: string, limit: Limit): string {
  const characters = Array.from(text);
  return cut(text, limit, (count) => `…${characters.slice(characters.length - count).join('')}`);
}

/** With the most characters that fit, found by halving: a body may have 100,000. */
function cut(text: string, { length, lengthOf }: Limit, withOnly: (count: number) => string): string {
  if (lengthOf(text) <= length) return text;
  let fits = 0;
  let exceeds = Math.min(length, text.length) + 1;
  while (exceeds - fits > 1) {
    const count = Math.floor((fits + exceeds) / 2);
    if (lengthOf(withOnly(count)) <= length) fits = count;
    else exceeds = count;
  }
  return withOnly(fits);
}
