import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Scalar } from 'yaml';
import { readNumber } from '../../resource/scalar.ts';

/** One value of a file. Values are in file order, which is the order of the MAC. */
export interface Leaf {
  /** Only keys: elements of a list have the path of the list. */
  readonly path: readonly string[];
  /** As hashed by sops: `True`, `3`, text. */
  readonly text: string;
}

const MAX_NODES = 100_000;

/** The values of every document, without the sops blocks; null when the file cannot be parsed within the limits. */
export function readLeaves(text: string): readonly Leaf[] | null {
  const leaves: Leaf[] = [];
  let nodes = 0;
  const walk = (node: unknown, path: readonly string[], document: Document): boolean => {
    nodes += 1;
    if (nodes > MAX_NODES || path.length > 100) return false;
    if (isAlias(node)) return walk(node.resolve(document), path, document);
    if (isSeq(node)) return node.items.every((item) => walk(item, path, document));
    if (isMap(node)) {
      return node.items.every(({ key, value }) => {
        const name = isScalar(key) ? String(key.source ?? key.value) : null;
        if (name === null) return false;
        return (path.length === 0 && name === 'sops') || walk(value, [...path, name], document);
      });
    }
    const read = isScalar(node) ? textOf(node) : null;
    if (read !== null) leaves.push({ path, text: read });
    return true;
  };
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  const isRead = documents.every((document) => document.errors.length === 0 && walk(document.contents, [], document));
  return isRead ? leaves : null;
}

const NULL: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const BOOLEAN = /^(?:(true|True|TRUE)|false|False|FALSE)$/;

/** Types as in sops' own YAML reader, where `yes` and `on` are text and null is not a value. */
function textOf({ value, type, tag }: Scalar): string | null {
  const text = typeof value === 'string' ? value : '';
  if (type !== 'PLAIN' || tag === '!!str' || tag === 'tag:yaml.org,2002:str') return text;
  if (NULL.has(text)) return null;
  const boolean = BOOLEAN.exec(text);
  if (boolean !== null) return boolean[1] === undefined ? 'False' : 'True';
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `${text}T00:00:00Z`;
  return String(readNumber(text));
}
