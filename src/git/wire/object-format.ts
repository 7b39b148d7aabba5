/** How a repository hashes its objects: https://git-scm.com/docs/hash-function-transition */
export type ObjectFormat = 'sha1' | 'sha256';

/** Ids have 40 or 64 hex digits. */
export function formatOf(id: string): ObjectFormat {
  return id.length === 64 ? 'sha256' : 'sha1';
}
