import { isSeq } from 'yaml';
import { TooMuchWork, fieldOf, isPlacedScalar, parseFile } from './nodes.ts';
import type { ParsedDocument } from './nodes.ts';

/** A scalar of a file, as it is written. */
export type FoundScalar =
  | {
      readonly kind: 'found';
      /** With its quotes. */
      readonly source: string;
      readonly start: number;
      readonly end: number;
      /** 1-based. */
      readonly line: number;
    }
  | { readonly kind: 'missing'; readonly reason: string };

/** What means the same wherever it is written: in a block, in brackets, and before a comment. */
const PLAIN = /^[\w./+~][\w./+~=:@-]*$|^-\d[\d.]*$/;
const QUOTED = /^"(?:[^"\\\n]|\\.)*"$|^'(?:[^'\n]|'')*'$/;

/** The scalar at these keys from the root, in the first document that has it. A number is an index of a list. */
export function scalarAt(text: string, keys: readonly string[]): FoundScalar {
  const file = parseFile(text);
  if ('reason' in file) return { kind: 'missing', reason: file.reason };
  try {
    const node = file.documents.map((document) => nodeAt(document, keys)).find((each) => each !== undefined);
    if (node === undefined) return { kind: 'missing', reason: 'it does not have the value' };
    if (!isPlacedScalar(node)) return { kind: 'missing', reason: 'it has a map or a list there' };
    const [start, end] = node.range;
    const source = text.slice(start, end);
    const isSimple = (PLAIN.test(source) && !source.endsWith(':')) || QUOTED.test(source);
    if (!isSimple) return { kind: 'missing', reason: 'its value is not a quoted or simple text in one line' };
    return { kind: 'found', source, start, end, line: file.lineOf(start) };
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return { kind: 'missing', reason: 'its maps merge too many others' };
    throw thrown;
  }
}

function nodeAt(document: ParsedDocument, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((node, key) => {
    if (isSeq(node)) return document.resolved(node.items[Number(key)]);
    return fieldOf(node, key, document);
  }, document.root);
}
