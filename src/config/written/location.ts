import { isAbsolute, join, resolve } from 'node:path';

/** Where headgate.yml is, and what its relative paths start from. */
export interface ConfigLocation {
  /** The absolute path of the file's directory. */
  readonly directory: string;
  /** Replaces `~`; null when HOME is not set. */
  readonly home: string | null;
  /** The file's name without its directory, which commits must not reveal. */
  readonly shownAs: string;
}

export function resolvePath(path: string, { directory, home }: ConfigLocation): string {
  if (path.startsWith('~/') && home !== null) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(directory, path);
}
