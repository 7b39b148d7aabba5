import { readPlain } from '../../resource/scalar.ts';
import type { WrittenReference } from './reference.ts';

export interface Replacement {
  readonly reference: WrittenReference;
  readonly to: string;
}

/** The text with other scalars in these places, and every other character as it was. */
export function replaceReferences(text: string, replacements: readonly Replacement[]): string {
  let written = '';
  let from = 0;
  for (const { reference, to } of replacements.toSorted((a, b) => a.reference.start - b.reference.start)) {
    const { start, end } = reference;
    written += text.slice(from, start) + scalarWith(to, reference, text.slice(start, end));
    from = end;
  }
  return written + text.slice(from);
}

/** The scalar with its new text, in the style that it has, unless kubectl would read it as something else: `1.10`, `on`. */
function scalarWith(to: string, { text, style, part }: WrittenReference, source: string): string {
  const at = source.indexOf(text);
  // Written with escapes or over several lines, none of which a reference to an image needs.
  if (text === '' || at === -1 || source.includes(text, at + 1)) return `"${to}"`;
  const isPlain = style === 'plain' && at === 0 && source.length === text.length;
  // Some parsers end a plain scalar in a flow map at its first colon, which a tag with a digest has.
  const isAmbiguous = readPlain(to) !== to || (part === 'tag' && to.includes(':'));
  if (isPlain) return isAmbiguous ? `"${to}"` : to;
  return source.slice(0, at) + to + source.slice(at + text.length);
}
