import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { readPlain } from './scalar.ts';
import { isStringField, substitute } from './substitution.ts';
import type { Quotes, Variables } from './substitution.ts';
import type { Json, JsonObject } from './resource.ts';

export interface YamlLimits {
  readonly depth: number;
  /** Nodes of one document after its aliases are expanded. */
  readonly nodes: number;
}

/** What is wrong with a document, at a line of its file. The message never quotes it. */
export class YamlError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface ExpansionOptions {
  readonly limits: YamlLimits;
  /** The line of the file at an offset of the document. */
  readonly lineOf: (offset: number) => number;
  /** Null: dollar signs are literal. */
  readonly variables: Variables | null;
  readonly quotes: Quotes;
}

/** Converts nodes to JSON, and counts the nodes that aliases multiply before anything is built from them. */
export class Expansion {
  readonly #document: Document;
  readonly #limits: YamlLimits;
  readonly #lineOf: (offset: number) => number;
  readonly #variables: Variables | null;
  readonly #quotes: Quotes;
  #path: readonly string[] = [];
  #anchors: ReadonlyMap<unknown, Node> | null = null;
  readonly errors: { readonly line: number; readonly message: string }[] = [];
  #nodes = 0;

  constructor(document: Document, options: ExpansionOptions) {
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
