import { cutEnd, cutStart, inCharacters } from '../../error/cut-text.ts';
import type { Limit } from '../../error/cut-text.ts';
import { visibleText } from '../../error/visible-text.ts';

/** A text that has to fit into a host's limit. `where` and `more` say more than the end of `what`. */
export interface Description {
  /** `clusters/prod/web.yaml:7` */
  readonly where?: string;
  readonly what: string;
  /** `(+2 more)` */
  readonly more?: string;
}

/**
 * Of a commit status, on every host. GitHub rejects a longer one (422), and counts characters, of which an emoji may be two;
 * the other hosts accept longer ones.
 */
export const DESCRIPTION: Limit = inCharacters(140);

/** Of the title of a pull request: the fewest characters that a host accepts (GitLab; GitHub one more). */
export const TITLE: Limit = inCharacters(255);

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
