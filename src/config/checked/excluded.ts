import { matchesGlob } from 'node:path/posix';
import type { Target } from './config.ts';

/** Whether one of the target's globs excludes `path`, which is relative to the repository's root and below the target's path. */
export function isExcluded(path: string, target: Pick<Target, 'path' | 'exclude'>): boolean {
  const below = undotted(target.path === '' ? path : path.slice(target.path.length + 1));
  return target.exclude.some((glob) => matchesGlob(below, undotted(glob)));
}

/** `matchesGlob` does not match dotfiles with wildcards. Here, as in .gitignore, `ci/**` is everything below ci. */
export function undotted(pathOrGlob: string): string {
  return pathOrGlob.replaceAll(/(^|[/{,])\./g, '$1\u0001');
}
