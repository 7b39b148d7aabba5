/** Matching backtracks once per wildcard, over names that a pushed tree chooses. */
const MAX_WILDCARDS = 10;

/** Why a text is no glob below a target's path; null when it is one. */
export function globMistake(glob: string): string | null {
  if (glob === '') return 'is empty';
  if (glob.startsWith('/')) return 'begins with a slash, and globs are relative to the path of the target';
  if (glob.startsWith('!') || glob.startsWith('#')) return `begins with ${glob.charAt(0)}, which means nothing here`;
  if (glob.split('/').includes('..')) return 'leaves the path of the target';
  if (glob.endsWith('/')) return `matches no file: write ${glob}** for everything below it`;
  if (glob.length > 1000) return 'is longer than 1000 characters';
  if ((glob.match(/\*+/g) ?? []).length > MAX_WILDCARDS) return `has more than ${MAX_WILDCARDS} wildcards`;
  return null;
}
