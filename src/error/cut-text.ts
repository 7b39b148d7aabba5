/** What a reader of a text accepts. `lengthOf`: in the unit that it counts. */
export interface Limit {
  readonly length: number;
  readonly lengthOf: (text: string) => number;
}

/** In UTF-16 code units, of which an emoji has two or more. */
export const inCharacters = (length: number): Limit => ({ length, lengthOf: (text) => text.length });
export const inBytes = (length: number): Limit => ({ length, lengthOf: (text) => Buffer.byteLength(text) });

/** Cut at its end, where it is too long: `refused becau…`. Never within a character, because half of one is not valid text. */
export function cutEnd(text: string, { length, lengthOf }: Limit): string {
  return cutWhile(text, (cut) => lengthOf(cut) > length);
}

/** Cut at its beginning: `…/web.yaml:7`. */
export function cutStart(text: string, { length, lengthOf }: Limit): string {
  if (lengthOf(text) <= length) return text;
  const characters = Array.from(text);
  const withLast = (count: number) => `…${characters.slice(characters.length - count).join('')}`;
  return withMost(characters.length, withLast, (cut) => lengthOf(cut) > length);
}

/** Cut at its end until it is not too long, where the limit is on what is made of the text. */
export function cutWhile(text: string, isTooLong: (cut: string) => boolean): string {
  if (!isTooLong(text)) return text;
  const characters = Array.from(text);
  const withFirst = (count: number) => `${characters.slice(0, count).join('')}…`;
  return withMost(characters.length, withFirst, isTooLong);
}

/** With the most characters that fit, found by halving: a comment may have 100,000. */
function withMost(all: number, withOnly: (count: number) => string, isTooLong: (cut: string) => boolean): string {
  let fits = 0;
  let exceeds = all;
  while (exceeds - fits > 1) {
    const count = Math.floor((fits + exceeds) / 2);
    if (isTooLong(withOnly(count))) exceeds = count;
    else fits = count;
  }
  return withOnly(fits);
}

/** The first `length` UTF-16 code units, as `slice` takes them, without half of a character at the end. No `…` is added. */
export function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
