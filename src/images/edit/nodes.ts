import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import { hasTooManyTokens } from '../../resource/yaml.ts';
import { aliasTargets } from '../../resource/yaml-expansion.ts';

/** A YAML file as nodes, every one with its place in the text. */
export interface ParsedFile {
  readonly text: string;
  readonly documents: readonly ParsedDocument[];
  /** 1-based. */
  readonly lineOf: (offset: number) => number;
}

export interface ParsedDocument {
  readonly root: unknown;
  /** What an alias refers to; anything else is itself. */
  readonly resolved: (node: unknown) => unknown;
  /** Counts the keys that were compared. @throws TooMuchWork */
  readonly spend: (keys: number) => void;
}

/** The file as nodes, or why it is not read. Nothing is ever printed from them: they are for positions only. */
export function parseFile(text: string): ParsedFile | { readonly reason: string } {
  if (hasTooManyTokens(text)) return { reason: 'it has more than 600,000 tokens of YAML, so split it' };
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => lineCounter.linePos(offset).line;
  try {
    // A bare CR is a line break too (YAML 1.1, 4.2), and one that the parser does not take. The offsets stay.
    const documents = parseAllDocuments(text.replaceAll(/\r(?!\n)/g, '\n'), {
      // Every scalar is read as text: the number 1.1 does not show whether the tag is `1.1` or `1.10`.
      schema: 'failsafe',
      strict: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    });
    const parsed = Array.isArray(documents) ? documents : [];
    const error = parsed.flatMap(({ errors }) => errors)[0];
    if (error !== undefined) return { reason: `it is not valid YAML at line ${lineOf(error.pos[0])}${hintOf(text)}` };
    return { text, lineOf, documents: parsed.map(documentOf) };
  } catch (thrown) {
    if (thrown instanceof RangeError) return { reason: 'it is nested too deeply' };
    throw thrown;
  }
}

function hintOf(text: string): string {
  return text.includes('{{') ? ', as a template of Helm is not' : '';
}

/** A second of work. A file of a megabyte takes a tenth of it. */
const MOST_COMPARED = 20_000_000;

function documentOf(document: Document.Parsed): ParsedDocument {
  let targets: ReadonlyMap<unknown, Node> | null = null;
  let compared = 0;
  return {
    root: document.contents,
    spend(keys) {
      compared += keys;
      if (compared > MOST_COMPARED) throw new TooMuchWork();
    },
    resolved(node) {
      if (!isAlias(node)) return node;
      targets ??= aliasTargets(document);
      return targets.get(node);
    },
  };
}

/** A scalar with its place in the file. */
export type PlacedScalar = Scalar & { readonly range: readonly [start: number, end: number, nodeEnd: number] };

/** The text of a scalar as the file means it; null for anything else. */
export function textOfNode(node: unknown): string | null {
  return isScalar(node) && typeof node.value === 'string' ? node.value : null;
}

export function isPlacedScalar(node: unknown): node is PlacedScalar {
  return isScalar(node) && Array.isArray(node.range) && typeof node.value === 'string';
}

/** The value of a key, also of one that is merged into the map; undefined: the map does not have it. @throws TooMuchWork */
export function fieldOf(map: unknown, key: string, document: ParsedDocument): unknown {
  return field(map, key, { document, seen: new Set() });
}

/** Maps that merge each other in many ways would take forever. */
export class TooMuchWork extends Error {}

function field(
  map: unknown,
  key: string,
  { document, seen }: { readonly document: ParsedDocument; readonly seen: Set<unknown> },
): unknown {
  const node = document.resolved(map);
  if (!isMap(node) || seen.has(node)) return undefined;
  seen.add(node);
  document.spend(node.items.length);
  // The last of equal keys wins.
  const own = node.items.findLast((pair) => textOfNode(pair.key) === key);
  if (own !== undefined) return document.resolved(own.value);
  for (const pair of node.items) {
    if (textOfNode(pair.key) !== '<<') continue;
    const merged = document.resolved(pair.value);
    const sources: readonly unknown[] = isSeq(merged) ? merged.items : [merged];
    for (const source of sources) {
      const found = field(source, key, { document, seen });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

export function itemsOf(node: unknown, document: ParsedDocument): readonly unknown[] {
  const list = document.resolved(node);
  return isSeq(list) ? list.items.map((item) => document.resolved(item)) : [];
}
