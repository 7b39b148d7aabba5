/*
 * Which directories a template is for: a glob of whole segments with `*` inside them. Its depth is fixed, so a path has at most
 * one directory of the template above it, and a look at a repository reads only the trees along the way.
 */

/**
 * What the first `*` of a pattern stands for in a name, '' when it has none; null when they do not match. As in a shell, and
 * as Argo CD reads directories, a wildcard does not take a name that begins with a dot. Linear: pushed trees choose names.
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

/** As `matchName`, of whole paths, segment by segment. */
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

/** The directory of a glob that a path is, or lies below; null when there is none. */
export function directoryAbove(glob: string, path: string): string | null {
  const depth = glob.split('/').length;
  const directory = path.split('/').slice(0, depth).join('/');
  return matchDirectory(glob, directory) === null ? null : directory;
}

/** Why a text is no glob for directories; null when it is one. */
export function directoriesMistake(glob: string): { readonly message: string; readonly remedy: string } | null {
  if (glob.includes('**'))
    return { message: 'has **, and a template says how deep it looks', remedy: 'Write one * for each level.' };
  const other = /[?[\]{}]/.exec(glob)?.[0];
  if (other !== undefined)
    return {
      message: `has ${other}, and the only wildcard is *`,
      remedy: 'Write * for what differs, also within a name.',
    };
  if (!glob.includes('*'))
    return { message: 'has no *: it is one directory', remedy: 'Add /* for every directory in it.' };
  return null;
}
