import type { Target } from '../../config/checked/config.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import { isExcluded } from '../../config/checked/excluded.ts';

/** Whether the target reads a path. A symbolic link or submodule without an extension may be a directory, and is reported. */
export function isRead(path: string, kind: SourceFile['kind'], target: Target): boolean {
  if (!isBelow(path, target.path) || isExcluded(path, target)) return false;
  return /\.(ya?ml|json)$/.test(path) || ((kind === 'symlink' || kind === 'submodule') && !/\.[^/]*$/.test(path));
}
