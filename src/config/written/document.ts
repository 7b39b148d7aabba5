import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, ErrorCode as YamlErrorCode } from 'yaml';

/** A mistake in the file, on a 1-based line. */
export interface Mistake {
  readonly line: number;
  readonly message: string;
  readonly remedy: string;
}

export type Path = readonly PropertyKey[];

export interface ConfigDocument {
  /** Plain values; whole numbers are bigint, so that an id keeps all its digits. */
  readonly value: unknown;
  /** The line of what stands at the path, or of the nearest thing around it. */
  readonly lineOf: (path: Path) => number;
  readonly mistakes: readonly Mistake[];
}

/** A plain map of a document. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_LENGTH = 1024 * 1024;

/** Reads YAML 1.2; null as document when nothing could be made of the text. Never throws. */
export function readDocument(text: string): {
  readonly document: ConfigDocument | null;
  readonly mistakes: readonly Mistake[];
} {
  if (text.length > MAX_LENGTH) return unreadable('is larger than 1 MB', 'Is this the right file?');
  try {
    return parse(text);
  } catch {
    // Too deep a nesting, or too many aliases; the text of the error may quote the file, and so a secret.
    return unreadable('is nested too deeply or uses too many aliases', 'Write it plainly.');
  }
}

function unreadable(message: string, remedy: string): { document: null; mistakes: readonly Mistake[] } {
  return { document: null, mistakes: [{ line: 1, message: `the file ${message}`, remedy }] };
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
  const faults = [...yaml.errors, ...yaml.warnings, ...danglingAliases(yaml)];
  if (faults.length > 0) {
    const mistakes = faults.map(({ code, pos }) => ({ line: lines.linePos(pos[0]).line, ...explainFault(code) }));
    return { document: null, mistakes };
  }
  const lineAt = (node: unknown): number | null => {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? null : lines.linePos(start).line;
  };
  const document = {
    value: yaml.toJS({ maxAliasCount: 1000 }) as unknown,
    lineOf: (path: Path) => lineOf(yaml, path, lineAt),
    mistakes: duplicates(yaml.contents, lineAt),
  };
  return { document, mistakes: [] };
}

/** The parser itself sees these only when it makes values, and then only the first. */
function danglingAliases(yaml: Document): readonly { readonly code: YamlErrorCode; readonly pos: readonly [number] }[] {
  const found: { code: YamlErrorCode; pos: readonly [number] }[] = [];
  visit(yaml, {
    Alias(_key, alias) {
      if (alias.resolve(yaml) === undefined) found.push({ code: 'BAD_ALIAS', pos: [alias.range?.[0] ?? 0] });
    },
  });
  return found;
}

/** In our own words: the parser's may quote the file, and so a secret. */
const FAULTS: Partial<Record<YamlErrorCode, Omit<Mistake, 'line'>>> = {
  BAD_INDENT: {
    message: 'the YAML is not indented consistently, or a bracket is missing',
    remedy: 'Indent with spaces, the same number on one level, and close what is open.',
  },
  TAB_AS_INDENT: { message: 'a tab indents the line', remedy: 'Indent with spaces.' },
  BAD_ALIAS: {
    message: 'an alias (*name) has no anchor before it',
    remedy: 'Put a value that begins with * into quotes.',
  },
  TAG_RESOLVE_FAILED: {
    message: 'a YAML tag (!name) is not known',
    remedy: 'Put a value that begins with ! into quotes.',
  },
  MULTIPLE_DOCS: { message: 'a second YAML document begins', remedy: 'Put everything into one, without --- between.' },
  NON_STRING_KEY: { message: 'a key is not text', remedy: 'Put it into quotes.' },
  BAD_SCALAR_START: {
    message: 'a value begins with a character that YAML reserves',
    remedy: 'Put the value into quotes.',
  },
};

function explainFault(code: YamlErrorCode): Omit<Mistake, 'line'> {
  const remedy = 'Mend it here or shortly above: a missing quote, colon, bracket or indentation.';
  return FAULTS[code] ?? { message: 'the YAML cannot be read', remedy };
}

type LineAt = (node: unknown) => number | null;

/** Keys written twice, and `__proto__`, which no JavaScript object shows as its own. */
function duplicates(node: unknown, lineAt: LineAt): readonly Mistake[] {
  if (isSeq(node)) return node.items.flatMap((item) => duplicates(item, lineAt));
  if (!isMap(node)) return [];
  const firstLines = new Map<string, number>();
  return node.items.flatMap(({ key, value }) => {
    const name = keyOf(key);
    const line = lineAt(key) ?? 1;
    const first = firstLines.get(name);
    firstLines.set(name, first ?? line);
    const inside = duplicates(value, lineAt);
    if (name === '__proto__')
      return [{ line, message: '__proto__ is not a known key', remedy: 'Remove it.' }, ...inside];
    if (first === undefined) return inside;
    return [
      { line, message: `${name} is written twice, first on line ${first}`, remedy: 'Keep one of the two.' },
      ...inside,
    ];
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
    // A value in another place (an alias) would be named by its anchor's line: the key's is the right one.
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
  // The last of a doubled key is the one that counts.
  const pair = node.items.findLast(({ key }) => keyOf(key) === step);
  return pair === undefined ? {} : { at: pair.key, next: pair.value ?? null };
}
