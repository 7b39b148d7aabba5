import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, ErrorCode as YamlErrorCode, Node, YAMLMap } from 'yaml';

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

const MAX_LENGTH = 1024 * 1024;

/** Reads YAML 1.2; null as document when nothing could be made of the text. Never throws. */
export function readDocument(text: string): { readonly document: ConfigDocument | null; readonly mistakes: readonly Mistake[] } {
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
  const faults = [...yaml.errors, ...yaml.warnings];
  if (faults.length > 0) {
    const mistakes = faults.map(({ code, pos }) => ({ line: lines.linePos(pos[0]).line, ...YAML_FAULTS(code) }));
    return { document: null, mistakes };
  }
  const lineAt = (node: unknown): number | null => {
    const start = (node as Node | null | undefined)?.range?.[0];
    return start === undefined ? null : lines.linePos(start).line;
  };
  const document = {
    value: yaml.toJS({ maxAliasCount: 1000 }) as unknown,
    lineOf: (path: Path) => lineOf(yaml, path, lineAt),
    mistakes: duplicates(yaml.contents, lineAt),
  };
  return { document, mistakes: [] };
}

/** In our own words: the parser's may quote the file, and so a secret. */
function YAML_FAULTS(code: YamlErrorCode): { message: string; remedy: string } {
  switch (code) {
    case 'BAD_INDENT':
    case 'TAB_AS_INDENT':
      return { message: 'the YAML is not indented consistently', remedy: 'Indent with spaces, the same number on one level.' };
    case 'BAD_ALIAS':
      return { message: 'an alias (*name) has no anchor before it', remedy: 'Put a value that begins with * into quotes.' };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'a YAML tag (!name) is not known', remedy: 'Put a value that begins with ! into quotes.' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second YAML document begins', remedy: 'Put everything into one, without --- between.' };
    case 'NON_STRING_KEY':
      return { message: 'a key is not text', remedy: 'Put it into quotes.' };
    case 'BAD_SCALAR_START':
      return { message: 'a value begins with a character that YAML reserves', remedy: 'Put the value into quotes.' };
    default:
      return { message: 'the YAML cannot be read', remedy: 'Mend it here or shortly above: a missing quote, colon, bracket or indentation.' };
  }
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
    if (name === '__proto__') return [{ line, message: '__proto__ is not a known key', remedy: 'Remove it.' }, ...inside];
    if (first === undefined) return inside;
    return [{ line, message: `${name} is written twice, first on line ${first}`, remedy: 'Keep one of the two.' }, ...inside];
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
  const pair = (node as YAMLMap).items.findLast(({ key }) => keyOf(key) === step);
  return pair === undefined ? {} : { at: pair.key, next: pair.value ?? null };
}
