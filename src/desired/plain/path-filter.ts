import type { Target } from '../../config/checked/config.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { SourceFile } from '../../snapshot/source.ts';
import { excluderOf } from '../../config/derived/excluded.ts';

/** Which paths the target reads. A link or submodule is never followed, but it may have replaced a directory of manifests. */
export function pathFilterOf(target: Target): (path: string, kind: SourceFile['kind']) => boolean {
  const isExcluded = excluderOf(target);
  return (path, kind) => {
    if (!isBelow(path, target.path) || isExcluded(path)) return false;
    return kind === 'symlink' || kind === 'submodule' || /\.(ya?ml|json)$|(^|\/)Kustomization$/.test(path);
  };
}
