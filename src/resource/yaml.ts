import { Lexer, LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { ErrorCode as YamlCode } from 'yaml';
import { SCALAR_TAGS } from './scalar.ts';
import type { Quotes, Variables } from './substitution.ts';
import type { Json } from './resource.ts';
import { Expansion, YamlError } from './yaml-expansion.ts';
import type { YamlLimits } from './yaml-expansion.ts';

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

function itemLinesOf(contents: unknown, lineOf: (offset: number) => number): readonly number[] {
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  return isSeq(items) ? items.items.map((item) => lineOf((isNode(item) ? item.range?.[0] : null) ?? 0)) : [];
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
