import { matchName } from './directory-glob.ts';

/** Values by placeholder: `cluster`, `basename`, `segment.0` and so on. */
export type PlaceholderValues = ReadonlyMap<string, string>;

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Whether the text has a placeholder, complete or not. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('{{');
}

/** The names of the placeholders in a text, in order. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '');
}

/** `{{ cluster }}` becomes `{{cluster}}`. */
export function normalizePlaceholders(text: string): string {
  return text.replaceAll(PLACEHOLDER, '{{$1}}');
}

/** Replaces every placeholder with the same text. */
export function replacePlaceholders(text: string, replacement: string): string {
  return text.replaceAll(PLACEHOLDER, replacement);
}

export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replaceAll(PLACEHOLDER, (_placeholder, name: string) => values.get(name) ?? '');
}

/** Whether some directory could fill the placeholders of a text so that it is this name. */
export function mayResolveTo(text: string, name: string): boolean {
  return matchName(replacePlaceholders(text, '*'), name) !== null;
}
