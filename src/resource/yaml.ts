import { Lexer, LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, ErrorCode as YamlCode, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { SCALAR_TAGS, readPlain } from './scalar.ts';
import { isStringField, substitute } from './substitution.ts';
import type { Quotes, Variables } from './substitution.ts';
import type { Json, JsonObject } from './resource.ts';

/** One document of a file, with its line numbers. */
export interface YamlDocument {
  readonly value: Json;
  /** 1-based, where the document's content begins. */
  readonly line: number;
  /** 1-based lines of the elements of the top-level `items`, for Lists. */
  readonly itemLines: readonly number[];
  /** The value with variables substituted; null when there are none to substitute. */
  readonly substituted: SubstitutedValue | null;
  readonly fieldAt: FieldAt;
}

/** A scalar as the file has it, with its line; null for anything else. Parses the document again: for error messages only. */
export type FieldAt = (
  path: readonly (string | number)[],
) => { readonly text: string | null; readonly line: number } | null;

export interface SubstitutedValue {
  readonly value: Json;
  readonly errors: readonly { readonly line: number; readonly message: string }[];
}

export type YamlResult =
  | { readonly kind: 'document'; readonly document: YamlDocument }
  | { readonly kind: 'empty' }
  /** `message` is never the parser's own: that may quote the line, and the line may hold a secret. */
  | { readonly kind: 'error'; readonly line: number; readonly message: string };

export interface YamlLimits {
  readonly depth: number;
  /** Nodes of one document after its aliases are expanded. */
  readonly nodes: number;
}

const DEFAULT_LIMITS: YamlLimits = { depth: 100, nodes: 200_000 };

/** Splits a text into documents and reads them as `kubectl apply -f` does. */
export function readYaml(
  text: string,
  { limits = DEFAULT_LIMITS, variables = null, quotes = 'kept' }: YamlReading = {},
): readonly YamlResult[] {
  return splitDocuments(text).flatMap((chunk) => {
    if ('message' in chunk) return [{ kind: 'error' as const, ...chunk }];
    const hasVariables = variables !== null && /\$\$|\$\{/.test(chunk.text);
    return [readDocument(chunk, { limits, variables: hasVariables ? variables : null, quotes })];
  });
}

export interface YamlReading {
  readonly limits?: YamlLimits;
  /** Null: dollar signs are literal. */
  readonly variables?: Variables | null;
  readonly quotes?: Quotes;
}

interface Chunk {
  readonly text: string;
  /** 1-based line of the file that the chunk begins on. */
  readonly firstLine: number;
}

/** kubectl splits at every line that begins with `---`, before parsing, and accepts only a comment after it. */
export function splitDocuments(text: string): readonly (Chunk | { line: number; message: string })[] {
  const chunks: (Chunk | { line: number; message: string })[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const dropped = endMarkersBeforeContent(lines);
  let first = 0;
  lines.forEach((line, index) => {
    if (dropped.has(index)) {
      chunks.push({
        line: index + 1,
        message: 'the document end marker ... is followed by content, which kubectl would silently drop',
      });
    }
    if (!line.startsWith('---')) return;
    // With its last line break: without one, the carriage return of a Windows line would belong to the last value.
    if (index > first) chunks.push({ text: `${lines.slice(first, index).join('\n')}\n`, firstLine: first + 1 });
    first = index + 1;
    if (!/^---\s*(#.*)?\r?$/.test(line))
      chunks.push({ line: index + 1, message: 'the document separator --- is followed by text' });
  });
  chunks.push({ text: lines.slice(first).join('\n'), firstLine: first + 1 });
  return chunks;
}

/** kubectl silently drops what follows them, and a dropped document would look like a deleted one. */
function endMarkersBeforeContent(lines: readonly string[]): ReadonlySet<number> {
  const found = new Set<number>();
  let isBeforeContent = false;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    if (isBeforeContent && /^\.\.\.\s*$/.test(line)) found.add(index);
    if (!/^\s*(#.*)?\r?$/.test(line)) isBeforeContent = !line.startsWith('---');
  }
  return found;
}

/** YAML takes CRLF and a bare CR for line breaks too (YAML 1.1, 4.2), and the parser does not take the latter. */
export function withLineFeeds(text: string): string {
  return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
}

function readDocument({ text, firstLine }: Chunk, { limits, variables, quotes }: Required<YamlReading>): YamlResult {
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => lineCounter.linePos(offset).line + firstLine - 1;
  if (hasTooManyTokens(text))
    return { kind: 'error', line: firstLine, message: `the document has more than ${MAX_TOKENS} tokens: split it` };
  try {
    const document = parseDocument(withLineFeeds(text), {
      version: '1.1',
      schema: 'yaml-1.1',
      // `!!set` and the like are read as plain maps or lists; dates and sexagesimal numbers stay strings.
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
    if (error !== undefined) return { kind: 'error', line: lineOf(error.pos[0]), message: explain(error.code) };
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
      return { kind: 'empty' };
    const value = new Expansion(document, { limits, lineOf, variables: null, quotes }).value(document.contents, 0);
    const substituted = variables === null ? null : new Expansion(document, { limits, lineOf, variables, quotes });
    return {
      kind: 'document',
      document: {
        value,
        line: lineOf(document.contents.range?.[0] ?? 0),
        itemLines: itemLinesOf(document.contents, lineOf),
        fieldAt: (path) => fieldIn({ text, firstLine }, path),
        substituted:
          substituted === null ? null : { value: substituted.value(document.contents, 0), errors: substituted.errors },
      },
    };
  } catch (thrown) {
    if (thrown instanceof YamlError) return { kind: 'error', line: thrown.line, message: thrown.message };
    if (thrown instanceof RangeError)
      return { kind: 'error', line: firstLine, message: `is nested more than ${limits.depth} levels deep` };
    throw thrown;
  }
}

/** The parser takes 300 bytes for each, so a megabyte of commas would fill the memory. A token has at least one character. */
const MAX_TOKENS = 600_000;

export function hasTooManyTokens(text: string): boolean {
  if (text.length <= MAX_TOKENS) return false;
  return !new Lexer().lex(text).drop(MAX_TOKENS).next().done;
}

function fieldIn({ text, firstLine }: Chunk, path: readonly (string | number)[]): ReturnType<FieldAt> {
  const lineCounter = new LineCounter();
  const options = { version: '1.1', strict: false, uniqueKeys: false, logLevel: 'silent', lineCounter } as const;
  const node: unknown = parseDocument(withLineFeeds(text), options).getIn(path, true);
  if (!isScalar(node) || !node.range) return null;
  return { text: node.source ?? null, line: lineCounter.linePos(node.range[0]).line + firstLine - 1 };
}

const KEPT_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
);

class YamlError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Converts nodes to JSON, and counts the nodes that aliases multiply before anything is built from them. */
class Expansion {
  readonly #document: Document;
  readonly #limits: YamlLimits;
  readonly #lineOf: (offset: number) => number;
  readonly #variables: Variables | null;
  readonly #quotes: Quotes;
  #path: readonly string[] = [];
  #anchors: ReadonlyMap<unknown, Node> | null = null;
  readonly errors: { readonly line: number; readonly message: string }[] = [];
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
      throw this.#error(node, `has more than ${this.#limits.nodes} values after its aliases are expanded`);
    if (depth > this.#limits.depth) throw this.#error(node, `is nested more than ${this.#limits.depth} levels deep`);
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

  /** After substitution an unquoted value is parsed again and a quoted one stays text; neither can become a map or a list. */
  #withVariables(node: Scalar): unknown {
    if (this.#variables === null || typeof node.value !== 'string' || !node.value.includes('$')) return node.value;
    const { text, errors } = substitute(node.value, this.#variables);
    const line = this.#lineOf(node.range?.[0] ?? 0);
    this.errors.push(...errors.map((message) => ({ line, message })));
    const isText = node.type !== 'PLAIN' || (this.#quotes === 'lost' && isStringField(this.#path));
    return isText || text === node.value ? text : readPlain(text);
  }

  #scalar(value: unknown, node: unknown): Json {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw this.#error(node, 'infinity and NaN are not valid JSON');
    if (typeof value === 'number' && Object.is(value, -0)) return 0;
    if (value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return value as Json;
    if (typeof value === 'symbol') return '<<';
    throw this.#error(node, 'a value of this type is not valid JSON');
  }

  /** In file order, so that the last of equal keys wins, whether written out or merged. */
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
    // The first of several merged maps wins, so it is written last.
    if (isSeq(source)) return source.items.toReversed().flatMap((item) => this.#merged(item, depth + 1));
    if (!isMap(source)) throw this.#error(node, '<< requires a map or a list of maps');
    const object = this.value(source, depth + 1) as JsonObject;
    return Object.entries(object);
  }

  #key(node: unknown, depth: number): string {
    const key = this.value(node, depth + 1);
    if (key === null) throw this.#error(node, 'a key must not be null');
    if (typeof key === 'object') throw this.#error(node, 'a key must be a scalar');
    return typeof key === 'number' && !Number.isInteger(key) ? goFloat(key) : String(key);
  }

  #target(alias: unknown): Node {
    this.#anchors ??= aliasTargets(this.#document);
    const target = this.#anchors.get(alias);
    if (target === undefined) throw this.#error(alias, 'an alias refers to an anchor that does not exist');
    return target;
  }

  #error(node: unknown, message: string): YamlError {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return new YamlError(message, this.#lineOf(range?.[0] ?? 0));
  }
}

/**
 * The node that each alias of a document refers to: the last one before it with that anchor. The parser's own `resolve`
 * walks the whole document for each alias.
 */
export function aliasTargets(document: Pick<Document, 'contents'>): ReadonlyMap<unknown, Node> {
  const targets = new Map<unknown, Node>();
  const anchors = new Map<string, Node>();
  const ahead: unknown[] = [document.contents];
  while (ahead.length > 0) {
    const node = ahead.pop();
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    // The last one is pushed first, so that the nodes are visited in the order of the file.
    if (isSeq(node)) for (const item of node.items.toReversed()) ahead.push(item);
    if (isMap(node)) for (const { key, value } of node.items.toReversed()) ahead.push(value, key);
  }
  return targets;
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.source === '<<' && (key.type === 'PLAIN' || key.type === undefined);
}

/** Go writes exponents with at least two digits. */
function goFloat(value: number): string {
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
}

function itemLinesOf(contents: unknown, lineOf: (offset: number) => number): readonly number[] {
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  return isSeq(items) ? items.items.map((item) => lineOf((item as Node).range?.[0] ?? 0)) : [];
}

const SENTENCES: Partial<Record<YamlCode, string>> = {
  BAD_ALIAS: 'an alias is malformed',
  BAD_INDENT: 'the indentation is inconsistent',
  BAD_SCALAR_START: 'a plain value must not begin with this character',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map must begin on a new line',
  MISSING_CHAR: 'a closing quote, bracket or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'a second document begins without ---',
  TAB_AS_INDENT: 'tabs must not be used for indentation',
  TAG_RESOLVE_FAILED: 'a value does not match its tag',
  UNEXPECTED_TOKEN: 'this character is not allowed here',
};

function explain(code: YamlCode): string {
  return SENTENCES[code] ?? `YAML error ${code.toLowerCase().replaceAll('_', ' ')}`;
}
