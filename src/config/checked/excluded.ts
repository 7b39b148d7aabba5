import { matchesGlob } from 'node:path/posix';
import type { Target } from './config.ts';

/** Is a path (from the repository's root, below the target's path) taken out by one of the target's globs? */
export function isExcluded(path: string, target: Pick<Target, 'path' | 'exclude'>): boolean {
  const below = undotted(target.path === '' ? path : path.slice(target.path.length + 1));
  return target.exclude.some((glob) => matchesGlob(below, undotted(glob)));
}

/** `matchesGlob` keeps wildcards off names that begin with a dot; here, as in .gitignore, `ci/**` is everything below ci. */
export function undotted(pathOrGlob: string): string {
  return pathOrGlob.replaceAll(/(^|[/{,])\./g, '$1\u0001');
}
