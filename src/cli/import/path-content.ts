import { normalizeDirectory } from '../../config/written/path.ts';
import { folderOf, isBelow, isClusterScoped, KUSTOMIZATION, MANIFEST, objectsIn } from '../init/manifests.ts';
import type { FoundObject } from '../init/manifests.ts';
import { mapAt, mapsAt, textAt } from './foreign-object.ts';
import type { ForeignObject } from './foreign-object.ts';
import type { DeployedObject, ClonedPath } from './imported.ts';

interface FoundAt {
  readonly renderer: ClonedPath['renderer'];
  /** Of plain files. */
  readonly found: readonly { readonly file: string; readonly object: FoundObject }[];
}

/** What is at a path of a clone. A kustomization and a chart have to be rendered first. */
export function contentOf(path: string, files: ReadonlyMap<string, string>): FoundAt {
  const below = [...files].filter(([file]) => isBelow(file, path));
  const names = below.map(([file]) => file).filter((file) => folderOf(file) === path);
  if (names.some((file) => KUSTOMIZATION.test(file))) return { renderer: 'kustomize', found: [] };
  if (names.some((file) => file.endsWith('Chart.yaml'))) return { renderer: 'helm', found: [] };
  const folders = below.flatMap(([file]) => (KUSTOMIZATION.test(file) ? [folderOf(file)] : []));
  const plain = below.filter(([file]) => MANIFEST.test(file) && !folders.some((folder) => isBelow(file, folder)));
  const found = plain.flatMap(([file, text]) => objectsIn(text).map((object) => ({ file, object })));
  return { renderer: 'plain', found };
}

export function deployedObject(found: FoundObject): DeployedObject {
  const { apiVersion, kind, namespace, object } = found;
  const group = apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0));
  return {
    group,
    kind,
    namespace,
    name: textAt(object, 'metadata.name') ?? '',
    isClusterScoped: isClusterScoped(found),
  };
}

/** The paths of the repository that the objects deploy. */
export function pathsIn(objects: readonly ForeignObject[]): readonly string[] {
  const paths = objects.flatMap(({ kind, spec }) => {
    if (kind === 'Kustomization') return [textAt(spec, 'path') ?? ''];
    if (kind !== 'Application') return [];
    const sources = [mapAt(spec, 'source'), ...mapsAt(spec, 'sources')];
    return sources.map((source) => textAt(source, 'path')).filter((path) => path !== null);
  });
  return [...new Set(paths.map(normalizeDirectory))];
}
