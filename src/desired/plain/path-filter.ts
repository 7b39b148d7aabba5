import type { Target } from '../../config/checked/config.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import { excluderOf } from '../../config/checked/excluded.ts';

/** Which paths the target reads. A link or submodule may stand for a folder, and is named then. */
export function pathFilterOf(target: Target): (path: string, kind: SourceFile['kind']) => boolean {
  const isExcluded = excluderOf(target);
  return (path, kind) => {
    if (!isBelow(path, target.path) || isExcluded(path)) return false;
    return /\.(ya?ml|json)$/.test(path) || ((kind === 'symlink' || kind === 'submodule') && !/\.[^/]*$/.test(path));
  };
}
