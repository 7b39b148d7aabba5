import { nearest } from '../written/nearest.ts';
import { KEYS } from './keys.ts';
import { isSharedKey } from './preview-keys.ts';
import type { KeyReference } from './key-reference.ts';

export type FoundKey =
  | { readonly kind: 'found'; readonly reference: KeyReference; readonly inside: readonly KeyReference[] }
  | { readonly kind: 'ambiguous'; readonly keys: readonly string[] }
  | { readonly kind: 'unknown'; readonly suggestion: string | null };

/** Finds a key by its name, with or without its parents, as people may write it: `prune.limit`, `targets[].prune.limit`. */
export function findKey(written: string): FoundKey {
  const name = written.replaceAll(/\[[^\]]*\]/g, '').replace(/:$/, '');
  const exact = KEYS.find(({ key }) => key === name);
  const named = exact === undefined ? KEYS.filter(({ key }) => key.endsWith(`.${name}`)) : [exact];
  const matches = named.filter(({ key }) => !isSharedKey(key, named));
  const [reference, ...others] = matches;
  if (reference === undefined) return { kind: 'unknown', suggestion: suggestionFor(name) };
  if (others.length > 0) return { kind: 'ambiguous', keys: matches.map(({ key }) => key) };
  return { kind: 'found', reference, inside: KEYS.filter(({ key }) => parentOf(key) === reference.key) };
}

/** The keys of the file itself. */
export function topKeys(): readonly KeyReference[] {
  return KEYS.filter(({ key }) => parentOf(key) === '');
}

function suggestionFor(name: string): string | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const whole = nearest(
    name,
    KEYS.map(({ key }) => key),
  );
  if (whole !== null) return whole;
  const similar = nearest(
    last,
    KEYS.map(({ key }) => lastPart(key)),
  );
  return KEYS.find(({ key }) => lastPart(key) === similar)?.key ?? null;
}

const lastPart = (key: string) => key.slice(key.lastIndexOf('.') + 1);
const parentOf = (key: string) => key.slice(0, Math.max(key.lastIndexOf('.'), 0));
