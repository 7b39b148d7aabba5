import { isObject } from './resource.ts';
import type { Json, JsonObject } from './resource.ts';
import type { FieldAt } from './yaml.ts';

/** Why a document that is meant as a manifest defines no object. */
export interface Mistake {
  /** Null: the field does not exist. */
  readonly line: number | null;
  readonly message: string;
}

const REQUIRED = ['apiVersion', 'kind', 'metadata'] as const;

/** Whether a document has two of the fields that every manifest has. One of them may be misspelled. */
export function isMeantAsManifest(object: JsonObject): boolean {
  const isPresent = (field: string) => Object.hasOwn(object, field);
  const written = REQUIRED.filter((field) => isPresent(field) || nearKey(object, field) !== null);
  return written.length >= 2 && REQUIRED.some((field) => isPresent(field));
}

export function mistakesIn(object: JsonObject, at: FieldAt): readonly Mistake[] {
  return [
    ...mistakeAt({ parent: object, path: ['apiVersion'] }, at),
    ...mistakeAt({ parent: object, path: ['kind'] }, at),
    ...mistakesInMetadata(object, at),
  ];
}

function mistakesInMetadata(object: JsonObject, at: FieldAt): readonly Mistake[] {
  const { metadata = null } = object;
  if (metadata === null) {
    const near = nearKey(object, 'metadata');
    if (near !== null) return [misspelled('metadata', near, at([near]))];
    const isDedented = Object.hasOwn(object, 'metadata') && isText(object['name']);
    const message = `metadata.name is missing${isDedented ? ': indent name below metadata' : ''}`;
    return [{ line: isDedented ? (at(['name'])?.line ?? null) : null, message }];
  }
  if (!isObject(metadata)) return [{ line: null, message: `metadata is ${typeOf(metadata)}, not a map` }];
  if (!Object.hasOwn(metadata, 'name') && isText(metadata['generateName'])) {
    const message = 'metadata.generateName is not supported: an object in Git needs a stable metadata.name';
    return [{ line: at(['metadata', 'generateName'])?.line ?? null, message }];
  }
  const { namespace = null } = metadata;
  return [
    ...mistakeAt({ parent: metadata, path: ['metadata', 'name'] }, at),
    ...(namespace === null || typeof namespace === 'string'
      ? []
      : mistakeAt({ parent: metadata, path: ['metadata', 'namespace'] }, at)),
  ];
}

function mistakeAt(
  { parent, path }: { readonly parent: JsonObject; readonly path: readonly string[] },
  at: FieldAt,
): readonly Mistake[] {
  const key = path.at(-1) ?? '';
  const value = parent[key];
  if (isText(value)) return [];
  const field = path.join('.');
  if (value !== undefined) {
    const source = at(path);
    return [{ line: source?.line ?? null, message: wrongType(field, value, source?.text ?? null) }];
  }
  const near = nearKey(parent, key);
  if (near === null) return [{ line: null, message: `${field} is missing` }];
  return [misspelled(field, near, at([...path.slice(0, -1), near]))];
}

function misspelled(field: string, near: string, source: ReturnType<FieldAt>): Mistake {
  const key = field.slice(field.lastIndexOf('.') + 1);
  return { line: source?.line ?? null, message: `${field} is missing; did you mean ${key} instead of ${near}?` };
}

/** `text` is the value as the file has it: an unquoted word may mean something else in YAML. */
function wrongType(field: string, value: Json, text: string | null): string {
  const written = text !== null && /^[\w.+:-]{1,40}$/.test(text) ? text : null;
  if (value === '' || (value === null && written === null)) return `${field} is empty`;
  if (typeof value === 'number' || typeof value === 'bigint')
    return `${field} is ${typeOf(value)}${written === null ? '' : `, ${written}`}: quote it`;
  if (typeof value !== 'boolean' && value !== null) return `${field} is ${typeOf(value)}, not a string`;
  if (written === null || written === String(value)) return `${field} is ${typeOf(value)}: quote it`;
  return `${field} is ${typeOf(value)} because \`${written}\` means ${String(value)} in YAML 1.1: quote it`;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`;
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/** A key that is probably this field, misspelled. Never one with characters that a message must not show. */
export function nearKey(object: JsonObject, field: string): string | null {
  const limit = field.length > 5 ? 2 : 1;
  const near = (key: string) =>
    Math.abs(key.length - field.length) <= limit && distance(key.toLowerCase(), field.toLowerCase()) <= limit;
  return Object.keys(object).find((key) => key !== field && /^[\w.-]+$/.test(key) && near(key)) ?? null;
}

/** Letters added, lost or swapped with their neighbor count 1, replaced ones 2: `bind` is not a misspelled `kind`. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const cost = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(
          cost(i - 1, j) + 1,
          cost(i, j - 1) + 1,
          cost(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 2),
          isSwapped ? cost(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return cost(a.length, b.length);
}
