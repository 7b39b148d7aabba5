import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, ErrorCode as YamlErrorCode } from 'yaml';
import type { Explanation } from '../../error/deploy-error.ts';

/** An error or a warning, on a 1-based line of the file. */
export interface Finding extends Explanation {
  readonly line: number;
}

export type Path = readonly PropertyKey[];

export interface ConfigDocument {
  /** Plain values; integers are bigint, so that an id keeps all its digits. */
  readonly value: unknown;
  /** The line of the value at a path, or of the closest enclosing value that exists. */
  readonly lineOf: (path: Path) => number;
  readonly errors: readonly Finding[];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_LENGTH = 1024 * 1024;

/** Reads YAML 1.2. `document` is null when the text cannot be parsed. Never throws. */
export function readDocument(text: string): {
  readonly document: ConfigDocument | null;
  readonly errors: readonly Finding[];
} {
  if (text.length > MAX_LENGTH) return unreadable('is larger than 1 MB', 'Check that this is the right file.');
  try {
    return parse(text);
  } catch {
    // Too deeply nested, or too many aliases. The error itself is dropped: it may quote the file, and so a secret.
    return unreadable(
      'is nested too deeply or uses too many aliases',
      'Write it without aliases and with less nesting.',
    );
  }
}

function unreadable(message: string, remedy: string): { document: null; errors: readonly Finding[] } {
  return { document: null, errors: [{ line: 1, message: `the file ${message}`, remedy }] };
}

function parse(text: string): ReturnType<typeof readDocument> {
  const lines = new LineCounter();
  const yaml = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    stringKeys: true,
    intAsBigInt: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const found = [...yaml.errors, ...yaml.warnings, ...danglingAliases(yaml)];
  if (found.length > 0) {
    const errors = found.map(({ code, pos }) => ({ line: lines.linePos(pos[0]).line, ...explain(code) }));
    return { document: null, errors };
  }
  const lineAt = (node: unknown): number | null => {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? null : lines.linePos(start).line;
  };
  const document = {
    value: yaml.toJS({ maxAliasCount: 1000 }) as unknown,
    lineOf: (path: Path) => lineOf(yaml, path, lineAt),
    errors: duplicateKeys(yaml.contents, lineAt),
  };
  return { document, errors: [] };
}

/** The parser reports these only when it builds values, and then only the first. */
function danglingAliases(yaml: Document): readonly { readonly code: YamlErrorCode; readonly pos: readonly [number] }[] {
  const found: { code: YamlErrorCode; pos: readonly [number] }[] = [];
  visit(yaml, {
    Alias(_key, alias) {
      if (alias.resolve(yaml) === undefined) found.push({ code: 'BAD_ALIAS', pos: [alias.range?.[0] ?? 0] });
    },
  });
  return found;
}

/** Replace the parser's own messages, which may quote the file, and so a secret. */
const EXPLANATIONS: Partial<Record<YamlErrorCode, Explanation>> = {
  BAD_INDENT: {
    message: 'the YAML is not indented consistently, or a bracket is missing',
    remedy: 'Indent each level with the same number of spaces, and close every bracket.',
  },
  TAB_AS_INDENT: { message: 'the line is indented with a tab', remedy: 'Indent with spaces.' },
  BAD_ALIAS: {
    message: 'an alias (*name) has no anchor before it',
    remedy: 'Quote a value that begins with *.',
  },
  TAG_RESOLVE_FAILED: {
    message: 'a YAML tag (!name) is unknown',
    remedy: 'Quote a value that begins with !.',
  },
  MULTIPLE_DOCS: { message: 'a second YAML document begins', remedy: 'Merge them into one document, without ---.' },
  NON_STRING_KEY: { message: 'a key is not a string', remedy: 'Quote it.' },
  BAD_SCALAR_START: {
    message: 'a value begins with a character reserved by YAML',
    remedy: 'Quote the value.',
  },
};

function explain(code: YamlErrorCode): Explanation {
  const remedy = 'Fix the quote, colon, bracket or indentation on this line or shortly above it.';
  return EXPLANATIONS[code] ?? { message: 'the YAML cannot be parsed', remedy };
}

type LineAt = (node: unknown) => number | null;

/** Also reports `__proto__`, which JavaScript objects do not list among their keys. */
function duplicateKeys(node: unknown, lineAt: LineAt): readonly Finding[] {
  if (isSeq(node)) return node.items.flatMap((item) => duplicateKeys(item, lineAt));
  if (!isMap(node)) return [];
  const firstLines = new Map<string, number>();
  return node.items.flatMap(({ key, value }) => {
    const name = keyOf(key);
    const line = lineAt(key) ?? 1;
    const first = firstLines.get(name);
    firstLines.set(name, first ?? line);
    const inside = duplicateKeys(value, lineAt);
    if (name === '__proto__')
      return [{ line, message: '__proto__ is not a known key', remedy: 'Remove it.' }, ...inside];
    if (first === undefined) return inside;
    return [{ line, message: `${name} is already set on line ${first}`, remedy: 'Remove one of the two.' }, ...inside];
  });
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function lineOf(yaml: Document, path: Path, lineAt: LineAt): number {
  let node: unknown = yaml.contents;
  let line = lineAt(node) ?? 1;
  for (const step of path) {
    const inside = isAlias(node) ? node.resolve(yaml) : node;
    const { at, next } = stepInto(inside, step);
    if (next === undefined) break;
    // The line of an alias's value would be its anchor's, so the key's line is used.
    line = lineAt(at) ?? line;
    node = next;
  }
  return line;
}

function stepInto(node: unknown, step: PropertyKey): { readonly at?: unknown; readonly next?: unknown } {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? {} : { at: item, next: item };
  }
  if (!isMap(node)) return {};
  // The last of two equal keys wins.
  const pair = node.items.findLast(({ key }) => keyOf(key) === step);
  return pair === undefined ? {} : { at: pair.key, next: pair.value ?? null };
}
