import type { Json, JsonObject } from './resource.ts';
import { createHash } from 'node:crypto';

/** Parses JSON with exact integers: those that a JavaScript number cannot hold become bigint. @throws SyntaxError */
export function parseJson(text: string): Json {
  const value: unknown = JSON.parse(text, (_key, parsed: unknown, context?: { source?: string }) => {
    if (typeof parsed !== 'number' || Number.isSafeInteger(parsed)) return parsed;
    const source = context?.source ?? '';
    return /^-?\d+$/.test(source) ? BigInt(source) : parsed;
  });
  return value as Json;
}

/** Available in Node 24, but not yet in TypeScript's library. */
const { rawJSON: rawJson } = JSON as JSON & { rawJSON(this: void, text: string): unknown };

/** U+007F to U+009F, U+FFFE and U+FFFF: the API server reads apply bodies as YAML, which rejects or folds these. */
// oxlint-disable-next-line no-control-regex
const NOT_YAML = /[\u007f-\u009f\ufffe\uffff]/g;

/** JSON that the API server's YAML reader accepts: bigint stays exact, and only what must be escaped is escaped. */
export function stringifyJson(value: Json): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? rawJson(String(part)) : part,
  );
  return text.replace(NOT_YAML, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Equal values give equal text, whatever the order of their keys: for hashes. */
export function canonicalJson(value: Json): string {
  return stringifyJson(sorted(value));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as JsonObject;
  return Object.fromEntries(
    Object.keys(object)
      .toSorted()
      .map((key) => [key, sorted(object[key] ?? null)]),
  );
}

/** 128 bits rule out accidental collisions; more would cost space, and inventories consist mostly of hashes. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
