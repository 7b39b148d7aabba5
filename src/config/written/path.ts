// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why a path to a directory of a repository is invalid; null when it is valid. */
export function directoryError(path: string): string | null {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'begins with a slash, but paths are relative to the root of the repository';
  if (path.split('/').includes('..')) return 'must not contain ..';
  if (path.includes('\\')) return 'contains a backslash, but paths in Git use slashes';
  if (CONTROL.test(path)) return 'contains control characters';
  return null;
}

/** `./a//b/` becomes `a/b`, and `.` becomes '', the root. */
export function normalizeDirectory(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Why a branch name is invalid (git check-ref-format); null when it is valid. */
export function branchError(branch: string): string | null {
  if (branch === '') return 'is empty';
  if (branch.startsWith('refs/')) return 'must be a branch name, not a full ref';
  if (CONTROL.test(branch) || /[ ~^:?*[\\]/.test(branch))
    return 'contains a character that Git does not allow in a branch';
  if (
    branch.startsWith('-') ||
    branch === '@' ||
    branch.includes('@{') ||
    branch.includes('..') ||
    branch.endsWith('.')
  ) {
    return 'is not a valid branch name';
  }
  return branch.split('/').some(isInvalidPart) ? 'is not a valid branch name' : null;
}

function isInvalidPart(part: string): boolean {
  return part === '' || part.startsWith('.') || part.endsWith('.lock');
}
