/** What stands in a template's place, by its word: `cluster`, `basename`, `segment.0` and so on. */
export type Words = ReadonlyMap<string, string>;

const TEMPLATE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Is it written for a rule, well or not? */
export function hasTemplate(text: string): boolean {
  return text.includes('{{');
}

/** The words of a text in their order. */
export function wordsIn(text: string): readonly string[] {
  return [...text.matchAll(TEMPLATE)].map(([, word]) => word ?? '');
}

/** `{{ cluster }}` is `{{cluster}}`. */
export function normalTemplate(text: string): string {
  return text.replaceAll(TEMPLATE, '{{$1}}');
}

/** With every template replaced by the same text: what is left is its own. */
export function withoutTemplates(text: string, by: string): string {
  return text.replaceAll(TEMPLATE, by);
}

export function fill(text: string, words: Words): string {
  return text.replaceAll(TEMPLATE, (_template, word: string) => words.get(word) ?? '');
}
