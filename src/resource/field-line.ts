import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, YAMLMap, YAMLSeq } from 'yaml';
import { splitDocuments, withLineFeeds } from './yaml.ts';

/** Where to look: a field of the object whose document, or whose item of a List, begins on the line. */
interface FieldAt {
  readonly line: number;
  readonly field: string;
}

/**
 * The line of a field, as the API server writes its path: `spec.ports[0].port`, `spec.ports[name="web"].port`,
 * `metadata.labels[a.b/c]`. For a field that is not in the file, the line of what it would be in. Null: no such object.
 *
 * The file is parsed a second time, so a push without errors never pays for positions.
 */
export function lineOfField(text: string, { line, field }: FieldAt): number | null {
  for (const chunk of splitDocuments(text)) {
    if ('message' in chunk) continue;
    const lineCounter = new LineCounter();
    const options = { version: '1.1', merge: true, uniqueKeys: false, strict: false, logLevel: 'silent' } as const;
    const document = parseDocument(withLineFeeds(chunk.text), { ...options, lineCounter });
    const lineOf = (offset: number) => lineCounter.linePos(offset).line + chunk.firstLine - 1;
    const object = objectsOf(document).find(({ range }) => lineOf(range?.[0] ?? 0) === line);
    if (object !== undefined) return lineOf(offsetOf(object, field, document));
  }
  return null;
}

function objectsOf({ contents }: Document): readonly Node[] {
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  const listed = isSeq(items) ? items.items.filter((item) => isNode(item)) : [];
  return contents === null ? listed : [...listed, contents];
}

/** A part of a path that a node contains, and what is left of the path. */
interface Step {
  readonly offset: number;
  readonly value: unknown;
  readonly rest: string;
}

/** Keys may contain dots, so a path can only be split along the keys that are there. */
function offsetOf(object: Node, field: string, document: Document): number {
  let offset = object.range?.[0] ?? 0;
  let value: unknown = object;
  for (let rest = field; rest !== '';) {
    const node = isAlias(value) ? value.resolve(document) : value;
    const step = isMap(node) ? stepInMap(node, rest, document) : isSeq(node) ? stepInList(node, rest, document) : null;
    if (step === null) return offset;
    ({ offset, value, rest } = step);
  }
  return offset;
}

function stepInMap(map: YAMLMap, path: string, document: Document): Step | null {
  const bracketed = /^\["?(.*?)"?\](.*)$/.exec(path);
  const plain = path.replace(/^\./, '');
  const steps = pairsOf(map, document).flatMap(({ key, offset, value }): readonly Step[] => {
    if (bracketed?.[1] === key) return [{ offset, value, rest: bracketed[2] ?? '' }];
    const rest = plain.slice(key.length);
    return plain.startsWith(key) && /^($|[.[])/.test(rest) ? [{ offset, value, rest }] : [];
  });
  // The longest key is meant, and the last of equal ones wins, as when the manifest is read.
  return steps.toReversed().toSorted((a, b) => a.rest.length - b.rest.length)[0] ?? null;
}

interface Entry {
  readonly key: string;
  readonly offset: number;
  readonly value: unknown;
}

/** Secrets are sent with `data` alone; in the file it may be `stringData`. */
function pairsOf(map: YAMLMap, document: Document): readonly Entry[] {
  const pairs = map.items.flatMap(({ key, value }): readonly Entry[] => {
    if (!isScalar(key)) return [];
    const merged = key.source === '<<' ? (isAlias(value) ? value.resolve(document) : value) : null;
    if (isMap(merged)) return pairsOf(merged, document);
    return [{ key: String(key.value), offset: key.range?.[0] ?? 0, value }];
  });
  const hidden = pairs.find(({ key }) => key === 'stringData');
  return hidden === undefined || pairs.some(({ key }) => key === 'data')
    ? pairs
    : [...pairs, { ...hidden, key: 'data' }];
}

/** `[0]`, or the values of the keys that identify an element: `[port=80,protocol="TCP"]`. */
function stepInList(list: YAMLSeq, path: string, document: Document): Step | null {
  const [, selector = '', rest = ''] = /^\[((?:"[^"]*"|[^\]"])*)\](.*)$/.exec(path) ?? [];
  const keys = [...selector.matchAll(/(\w+)=(?:"([^"]*)"|([^,]*))/g)].map(([, key = '', text, plain]) => [
    key,
    text ?? plain ?? '',
  ]);
  const index = /^\d+$/.test(selector)
    ? Number(selector)
    : keys.length === 0
      ? -1
      : list.items.findIndex((item) => {
          const entries = isMap(item) ? pairsOf(item, document) : [];
          // A key that the manifest leaves to its default, as a port's protocol, identifies nothing.
          return keys.every(([key, value]) =>
            entries.every((each) => each.key !== key || (isScalar(each.value) && String(each.value.value) === value)),
          );
        });
  const item = list.items[index];
  return isNode(item) ? { offset: item.range?.[0] ?? 0, value: item, rest } : null;
}
