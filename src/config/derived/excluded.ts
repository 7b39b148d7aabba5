import type { Target } from '../checked/config.ts';

/** Which paths (from the repository's root, below the target's path) the target's globs exclude, as .gitignore would. */
export function excluderOf({ path, exclude }: Pick<Target, 'path' | 'exclude'>): (file: string) => boolean {
  const globs = exclude.flatMap(({ alternatives }) =>
    alternatives.map((patterns) => patterns.map((pattern) => (pattern === null ? null : new RegExp(pattern)))),
  );
  return (file) => {
    const names = (path === '' ? file : file.slice(path.length + 1)).split('/');
    return globs.some((glob) => isMatch(glob, names));
  };
}

/**
 * File names come from pushed trees and are untrusted, so matching must not backtrack exponentially. On a mismatch, only the
 * most recent `**` (null) is extended: anything an earlier one could match, the later one can match too.
 */
function isMatch(glob: readonly (RegExp | null)[], names: readonly string[]): boolean {
  let at = 0;
  let index = 0;
  let widened: { readonly at: number; readonly index: number } | null = null;
  while (index < names.length) {
    const pattern = glob[at];
    if (pattern === null) {
      widened = { at, index };
      at += 1;
    } else if (pattern?.test(names[index] ?? '') === true) {
      at += 1;
      index += 1;
    } else if (widened !== null) {
      widened = { at: widened.at, index: widened.index + 1 };
      at = widened.at + 1;
      index = widened.index;
    } else return false;
  }
  return at === glob.length;
}
