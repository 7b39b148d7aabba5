import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, ErrorCode as YamlCode, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { SCALAR_TAGS, readPlain } from './scalar.ts';
import { isTextPlace, substitute } from './substitution.ts';
import type { Quotes, Variables } from './substitution.ts';
import type { Json, JsonObject } from './resource.ts';

/** One document of a file: its value, and the line of any node in it. */
export interface YamlDocument {
  readonly value: Json;
  /** 1-based, where the document's content begins. */
  readonly line: number;
  /** 1-based lines of the elements of the top-level `items`, for Lists. */
  readonly itemLines: readonly number[];
  /** The value with variables put in; null where none is asked for or none stands there. */
  readonly substituted: SubstitutedValue | null;
}

export interface SubstitutedValue {
  readonly value: Json;
  readonly mistakes: readonly { readonly line: number; readonly message: string }[];
}

export type YamlResult =
  | { readonly kind: 'document'; readonly document: YamlDocument }
  | { readonly kind: 'empty' }
  /** In our own words: a parser's text may quote the line, and the line may be a secret. */
  | { readonly kind: 'mistake'; readonly line: number; readonly message: string };

export interface YamlLimits {
  readonly depth: number;
  /** Nodes of one document once its aliases are expanded. */
  readonly nodes: number;
}

const DEFAULT_LIMITS: YamlLimits = { depth: 100, nodes: 500_000 };

/** The documents of a text as `kubectl apply -f` splits and reads them. */
export function readYaml(
  text: string,
  { limits = DEFAULT_LIMITS, variables = null, quotes = 'kept' }: YamlReading = {},
): readonly YamlResult[] {
  return splitDocuments(text).flatMap((chunk) => {
    if ('message' in chunk) return [{ kind: 'mistake' as const, ...chunk }];
    const isAffected = variables !== null && /\$\$|\$\{/.test(chunk.text);
    return [readDocument(chunk, { limits, variables: isAffected ? variables : null, quotes })];
  });
}

export interface YamlReading {
  readonly limits?: YamlLimits;
  /** Null: a dollar sign is one. */
  readonly variables?: Variables | null;
  readonly quotes?: Quotes;
}

interface Chunk {
  readonly text: string;
  /** 1-based line of the file that the chunk begins on. */
  readonly firstLine: number;
}

/** kubectl cuts at every line that begins with `---`, before anything is parsed, and takes only a comment behind it. */
function splitDocuments(text: string): readonly (Chunk | { line: number; message: string })[] {
  const chunks: (Chunk | { line: number; message: string })[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  let first = 0;
  lines.forEach((line, index) => {
    // kubectl drops what follows without a word, and a dropped document would look like a deleted one.
    if (/^\.\.\.\s*$/.test(line) && hasContent(lines.slice(index + 1))) {
      chunks.push({
        line: index + 1,
        message: 'the document end marker ... is followed by more, which kubectl would not read',
      });
    }
    if (!line.startsWith('---')) return;
    if (index > first) chunks.push({ text: lines.slice(first, index).join('\n'), firstLine: first + 1 });
    first = index + 1;
    if (!/^---\s*(#.*)?$/.test(line))
      chunks.push({ line: index + 1, message: 'there is text behind the document separator ---' });
  });
  chunks.push({ text: lines.slice(first).join('\n'), firstLine: first + 1 });
  return chunks;
}

function hasContent(lines: readonly string[]): boolean {
  const next = lines.find((line) => !/^\s*(#.*)?$/.test(line));
  return next !== undefined && !next.startsWith('---');
}

function readDocument({ text, firstLine }: Chunk, { limits, variables, quotes }: Required<YamlReading>): YamlResult {
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => lineCounter.linePos(offset).line + firstLine - 1;
  try {
    const document = parseDocument(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      // `!!set` and the like are read as what they are written as; dates and sexagesimal numbers are text.
      customTags: (tags) => [
        ...tags.filter((tag) => typeof tag !== 'string' && KEPT_TAGS.has(tag.tag)),
        ...SCALAR_TAGS,
      ],
      merge: true,
      uniqueKeys: false,
      strict: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    });
    const [error] = document.errors;
    if (error !== undefined) return { kind: 'mistake', line: lineOf(error.pos[0]), message: explain(error.code) };
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
      return { kind: 'empty' };
    const value = new Expansion(document, { limits, lineOf, variables: null, quotes }).value(document.contents, 0);
    const putIn = variables === null ? null : new Expansion(document, { limits, lineOf, variables, quotes });
    return {
      kind: 'document',
      document: {
        value,
        line: lineOf(document.contents.range?.[0] ?? 0),
        itemLines: itemLinesOf(document.contents, lineOf),
        substituted: putIn === null ? null : { value: putIn.value(document.contents, 0), mistakes: putIn.mistakes },
      },
    };
  } catch (thrown) {
    if (thrown instanceof Mistake) return { kind: 'mistake', line: thrown.line, message: thrown.message };
    if (thrown instanceof RangeError)
      return { kind: 'mistake', line: firstLine, message: `it is nested more than ${limits.depth} levels deep` };
    throw thrown;
  }
}

const KEPT_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
);

class Mistake extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Turns nodes into JSON, counting what aliases multiply before anything is built from it. */
class Expansion {
  readonly #document: Document;
  readonly #limits: YamlLimits;
  readonly #lineOf: (offset: number) => number;
  readonly #variables: Variables | null;
  readonly #quotes: Quotes;
  #path: readonly string[] = [];
  readonly mistakes: { readonly line: number; readonly message: string }[] = [];
  #nodes = 0;

  constructor(document: Document, options: Required<YamlReading> & { lineOf: (offset: number) => number }) {
    this.#document = document;
    this.#limits = options.limits;
    this.#lineOf = options.lineOf;
    this.#variables = options.variables;
    this.#quotes = options.quotes;
  }

  value(node: unknown, depth: number): Json {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes)
      throw this.#mistake(node, `it has more than ${this.#limits.nodes} values once its aliases are expanded`);
    if (depth > this.#limits.depth)
      throw this.#mistake(node, `it is nested more than ${this.#limits.depth} levels deep`);
    if (isAlias(node)) return this.value(this.#target(node), depth + 1);
    if (isMap(node)) return this.#object(node, depth);
    if (isSeq(node))
      return node.items.map((item, index) => this.#below(String(index), () => this.value(item, depth + 1)));
    return isScalar(node) ? this.#scalar(this.#withVariables(node), node) : null;
  }

  #below<T>(key: string, read: () => T): T {
    const path = this.#path;
    this.#path = [...path, key];
    const value = read();
    this.#path = path;
    return value;
  }

  /** A value that stands without quotes is read anew, one in quotes stays text; neither can become a map or a list. */
  #withVariables(node: Scalar): unknown {
    if (this.#variables === null || typeof node.value !== 'string' || !node.value.includes('$')) return node.value;
    const { text, mistakes } = substitute(node.value, this.#variables);
    const line = this.#lineOf(node.range?.[0] ?? 0);
    this.mistakes.push(...mistakes.map((message) => ({ line, message })));
    const isText = node.type !== 'PLAIN' || (this.#quotes === 'lost' && isTextPlace(this.#path));
    return isText || text === node.value ? text : readPlain(text);
  }

  #scalar(value: unknown, node: unknown): Json {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw this.#mistake(node, 'infinity and NaN have no place in JSON');
    if (typeof value === 'number' && Object.is(value, -0)) return 0;
    if (value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return value as Json;
    if (typeof value === 'symbol') return '<<';
    throw this.#mistake(node, 'a value of this type has no place in JSON');
  }

  /** In the order of the file: the last one wins, whether it is written out or merged. */
  #object(map: YAMLMap, depth: number): JsonObject {
    const entries = new Map<string, Json>();
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        for (const [key, value] of this.#merged(pair.value, depth)) entries.set(key, value);
      } else {
        const key = this.#key(pair.key, depth);
        entries.set(
          key,
          this.#below(key, () => this.value(pair.value, depth + 1)),
        );
      }
    }
    return Object.fromEntries(entries);
  }

  #merged(node: unknown, depth: number): readonly (readonly [string, Json])[] {
    const source = isAlias(node) ? this.#target(node) : node;
    // Of several the first wins, so it is written last.
    if (isSeq(source)) return source.items.toReversed().flatMap((item) => this.#merged(item, depth + 1));
    if (!isMap(source)) throw this.#mistake(node, '<< takes a map or a list of maps');
    const object = this.value(source, depth + 1) as JsonObject;
    return Object.entries(object);
  }

  #key(node: unknown, depth: number): string {
    const key = this.value(node, depth + 1);
    if (key === null) throw this.#mistake(node, 'a key must not be null');
    if (typeof key === 'object') throw this.#mistake(node, 'a key must be a scalar');
    return typeof key === 'number' && !Number.isInteger(key) ? goFloat(key) : String(key);
  }

  #target(alias: Node & { resolve?: unknown }): Node {
    const target = isAlias(alias) ? alias.resolve(this.#document) : undefined;
    if (target === undefined) throw this.#mistake(alias, 'an alias names an anchor that is not there');
    return target;
  }

  #mistake(node: unknown, message: string): Mistake {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return new Mistake(message, this.#lineOf(range?.[0] ?? 0));
  }
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.source === '<<' && (key.type === 'PLAIN' || key.type === undefined);
}

/** Go writes exponents with two digits at least. */
function goFloat(value: number): string {
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
}

function itemLinesOf(contents: unknown, lineOf: (offset: number) => number): readonly number[] {
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  return isSeq(items) ? items.items.map((item) => lineOf((item as Node).range?.[0] ?? 0)) : [];
}

const SENTENCES: Partial<Record<YamlCode, string>> = {
  BAD_ALIAS: 'an alias is not well formed',
  BAD_INDENT: 'the indentation does not fit',
  BAD_SCALAR_START: 'a plain value must not begin with this character',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map must begin on a line of its own',
  MISSING_CHAR: 'a closing quote, bracket or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'another document begins without ---',
  TAB_AS_INDENT: 'tabs must not be used for indentation',
  TAG_RESOLVE_FAILED: 'a value does not fit its tag',
  UNEXPECTED_TOKEN: 'something stands here that does not belong here',
};

function explain(code: YamlCode): string {
  return SENTENCES[code] ?? `YAML error ${code.toLowerCase().replaceAll('_', ' ')}`;
}
