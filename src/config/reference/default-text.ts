import type { KeyReference } from './key-reference.ts';

/** `default: 5m`, or why there is no single default; null when the key is simply optional. */
export function defaultText({ default: value, note }: Pick<KeyReference, 'default' | 'note'>): string | null {
  return value === undefined ? (note ?? null) : `default: ${value}`;
}
