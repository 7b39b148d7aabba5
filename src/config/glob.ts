import { matchesGlob } from 'node:path/posix';
import type { Target } from './config.ts';

/** Is a path (from the repository's root, below the target's path) taken out by one of the target's globs? */
export function isExcluded(path: string, target: Pick<Target, 'path' | 'exclude'>): boolean {
  const below = undotted(target.path === '' ? path : path.slice(target.path.length + 1));
  return target.exclude.some((glob) => matchesGlob(below, undotted(glob)));
}

/** `matchesGlob` keeps wildcards off names that begin with a dot; here, as in .gitignore, `ci/**` is everything below ci. */
function undotted(pathOrGlob: string): string {
  return pathOrGlob.replaceAll(/(^|[/{,])\./g, '$1\u0001');
}

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
