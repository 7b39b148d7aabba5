import { foreignObject } from '../../../src/cli/import/foreign-object.ts';
import { formatImport } from '../../../src/cli/import/format-import.ts';
import type { ForeignInstallation, Imported, ClonedPath } from '../../../src/cli/import/imported.ts';
import { contentOf, deployedObject, pathsIn } from '../../../src/cli/import/path-content.ts';
import { translateArgo } from '../../../src/cli/import/argocd/translate-argocd.ts';
import { translateFlux } from '../../../src/cli/import/flux/translate-flux.ts';
import { isForeign, objectsIn } from '../../../src/cli/init/manifests.ts';
import { configOf } from '../../config/builders.ts';

type Files = Readonly<Record<string, string>>;

/** What would be read of a clone. `rendered`: the output of its kustomizations, by path. */
export function inClone(files: Files, rendered: Files = {}): ForeignInstallation {
  const all = new Map(Object.entries(files));
  const objects = [...all].flatMap(([file, text]) =>
    objectsIn(text).flatMap((object) => (isForeign(object) ? [foreignObject(object, file)] : [])),
  );
  const contents = new Map(
    pathsIn(objects).map((path): [string, ClonedPath] => {
      const { renderer, found } = contentOf(path, all);
      const built = objectsIn(rendered[path] ?? '');
      const deployed = renderer === 'plain' ? found.map(({ object }) => object) : built;
      return [path, { renderer, objects: deployed.length === 0 ? null : deployed.map(deployedObject) }];
    }),
  );
  return { objects, contents, clone: { files: all }, branch: 'main', cluster: 'lab', contexts: ['lab', 'eu'] };
}

/** What would be read of a cluster. */
export function inCluster(...texts: readonly string[]): ForeignInstallation {
  const objects = texts.flatMap((text) => objectsIn(text).map((object) => foreignObject(object, null)));
  return { objects, contents: new Map(), clone: null, branch: 'main', cluster: 'lab', contexts: ['lab', 'eu'] };
}

/** Translates it, and requires of the written file that it is valid. */
export function importOf(tool: 'flux' | 'argocd', installation: ForeignInstallation) {
  const imported = tool === 'flux' ? translateFlux(installation) : translateArgo(installation);
  const text = formatImport(imported, tool, { kubeconfig: '/home/ada/config', context: 'lab' });
  const isEmpty = imported.targets.every(({ isIncomplete }) => isIncomplete);
  return { ...imported, text, config: isEmpty ? null : configOf(text), lost: lostOf(imported) };
}

/** `Kustomization flux-system/apps spec.patches`, of what is not translated. */
function lostOf({ remarks }: Imported): readonly string[] {
  return remarks.flatMap(({ kind, object, field }) => (kind === 'note' ? [] : [`${object} ${field}`]));
}
