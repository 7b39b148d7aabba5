/** Matching backtracks once per wildcard, and the names come from the pushed tree. */
const MAX_WILDCARDS = 10;

/** Why a glob below a target's path is invalid; null when it is valid. */
export function globError(glob: string): string | null {
  if (glob === '') return 'is empty';
  if (glob.startsWith('/')) return 'begins with a slash, but globs are relative to the path of the target';
  if (glob.startsWith('!') || glob.startsWith('#')) return `begins with ${glob.charAt(0)}, which is not supported`;
  if (glob.split('/').includes('..')) return 'leaves the path of the target';
  if (glob.endsWith('/')) return `matches no file: use ${glob}** for everything below it`;
  if (glob.length > 1000) return 'is longer than 1000 characters';
  if ((glob.match(/\*+/g) ?? []).length > MAX_WILDCARDS) return `has more than ${MAX_WILDCARDS} wildcards`;
  return null;
}
