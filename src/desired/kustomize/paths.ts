/** The host from which kustomize would fetch a reference; null: it is a path (kustomize 5.8, api/internal/git/repospec.go). */
export function remoteHost(reference: string): string | null {
  const text = reference.trim().replace(/^git::/, '');
  if (text.startsWith('gh:')) return 'github.com';
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:?#]*)/i.exec(text) ?? /^[\w.-]+@([\w.-]+)[:/]/.exec(text);
  if (url !== null) return url[1] === '' ? 'this machine' : (url[1] ?? '').toLowerCase();
  if (/^github\.com[:/]/i.test(text)) return 'github.com';
  return text === reference.trim() ? null : 'an unknown host';
}

/** Resolves a path against a directory of the repository; null when it leaves the repository. */
export function resolve(directory: string, path: string): string | null {
  // oxlint-disable-next-line no-control-regex
  if (path === '' || path.startsWith('/') || path.includes('\\') || /[\u0000-\u001f\u007f]/.test(path)) return null;
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

export function joinPaths(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
