/**
 * C0 and C1 controls without tab and line feed, and what is not visible but changes what is: bidirectional marks, overrides
 * and isolates, zero-width characters, blank letters, tags (which spell ASCII), and Unicode's own line separators.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\udb40]|(?<=\udb40)[\udc00-\udfff]/g;

/**
 * Shows invisible characters as codes. Text from a repository, a cluster or a server must not move the reader's cursor, hide
 * itself, or read in another order than it is.
 */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => codeOf(character));
}

/** The same for text that must not begin a new line. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll(/[\n\t]/g, (character) => codeOf(character));
}

/** The same in JSON, where the escapes mean the characters themselves. */
export function escapeInvisible(json: string): string {
  return json.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function codeOf(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}
