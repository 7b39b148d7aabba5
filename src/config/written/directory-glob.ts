import type { Explanation } from '../../error/deploy-error.ts';

/*
 * The directories that a template matches: a glob in which `*` matches within one segment. Its depth is fixed, so a path is
 * in at most one directory of the template, and listing directories reads only the trees along the way.
 */

/**
 * What the first `*` of a pattern matches in a name, '' when the pattern has none; null when they do not match. As in a
 * shell, and in Argo CD, a wildcard does not match a leading dot. Runs in linear time, because pushed trees choose names.
 */
export function matchName(pattern: string, name: string): string | null {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.at(-1);
  if (tail === undefined) return name === pattern ? '' : null;
  if (!name.startsWith(head) || (name.startsWith('.') && !head.startsWith('.'))) return null;
  let at = head.length;
  let first: string | null = null;
  for (const part of rest.slice(0, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1) return null;
    first ??= name.slice(at, found);
    at = found + part.length;
  }
  const end = name.length - tail.length;
  if (end < at || !name.endsWith(tail)) return null;
  return first ?? name.slice(at, end);
}

/** Like `matchName`, for whole paths, segment by segment. */
export function matchDirectory(glob: string, directory: string): string | null {
  const patterns = glob.split('/');
  const names = directory.split('/');
  if (patterns.length !== names.length) return null;
  let first: string | null = null;
  for (const [index, pattern] of patterns.entries()) {
    const found = matchName(pattern, names[index] ?? '');
    if (found === null) return null;
    if (pattern.includes('*')) first ??= found;
  }
  return first ?? '';
}

/** The directory matching a glob that is `path` or contains it; null when there is none. */
export function directoryAbove(glob: string, path: string): string | null {
  const depth = glob.split('/').length;
  const directory = path.split('/').slice(0, depth).join('/');
  return matchDirectory(glob, directory) === null ? null : directory;
}

/** Why a glob for directories is invalid; null when it is valid. */
export function directoryGlobError(glob: string): Explanation | null {
  if (glob.includes('**')) return { message: 'must not contain **', remedy: 'Write one * for each level.' };
  const other = /[?[\]{}]/.exec(glob)?.[0];
  if (other !== undefined)
    return {
      message: `contains ${other}, but the only wildcard is *`,
      remedy: 'Use * for the part that varies; it may be part of a name.',
    };
  if (!glob.includes('*'))
    return { message: 'has no *, so it matches only one directory', remedy: 'Add /* for every directory in it.' };
  return null;
}
