// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why a text names no directory of a repository; null when it does. */
export function directoryMistake(path: string): string | null {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'begins with a slash, and paths are relative to the root of the repository';
  if (path.split('/').includes('..')) return 'has .. in it, and a target stays inside its repository';
  if (path.includes('\\')) return 'has a backslash, and paths in Git have slashes';
  if (CONTROL.test(path)) return 'has control characters';
  return null;
}

/** `./a//b/` is `a/b`, and `.` is the root: ''. */
export function normalDirectory(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Why a text is no name of a branch (git check-ref-format); null when it is one. */
export function branchMistake(branch: string): string | null {
  if (branch === '') return 'is empty';
  if (branch.startsWith('refs/')) return 'is a whole ref';
  if (CONTROL.test(branch) || /[ ~^:?*[\\]/.test(branch)) return 'has a character that Git does not allow in a branch';
  if (
    branch.startsWith('-') ||
    branch === '@' ||
    branch.includes('@{') ||
    branch.includes('..') ||
    branch.endsWith('.')
  ) {
    return 'is no name that Git allows for a branch';
  }
  return branch.split('/').some(isBadPart) ? 'is no name that Git allows for a branch' : null;
}

function isBadPart(part: string): boolean {
  return part === '' || part.startsWith('.') || part.endsWith('.lock');
}
