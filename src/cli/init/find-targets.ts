import {
  folderOf,
  isBelow,
  isClusterScoped,
  isForeign,
  joined,
  KUSTOMIZATION,
  yamlMap,
  MANIFEST,
  objectsIn,
} from './manifests.ts';
import type { FoundObject } from './manifests.ts';

/** A directory of the clone that can be a target. */
export interface FoundTarget {
  /** From the root of the repository; empty for the root. */
  readonly path: string;
  readonly renderer: 'plain' | 'kustomize' | 'helm';
  /** The namespace that the files name; null: none or several. */
  readonly namespace: string | null;
  /** All namespaces that the files name. */
  readonly namespaces: readonly string[];
  readonly isClusterScoped: boolean;
  /** What is below the path and not a manifest of this target, as globs. */
  readonly exclude: readonly string[];
}

export interface FoundInClone {
  readonly targets: readonly FoundTarget[];
  /** Objects of Flux and Argo CD, which Headgate does not read: `file: kind`. */
  readonly foreign: readonly string[];
}

const CHART = /(?:^|\/)Chart\.yaml$/;

/**
 * Finds what a repository deploys: charts, the kustomizations that no other one builds on, and the folders of manifests
 * that hold neither. A hidden folder, such as .github, is not deployed.
 */
export function findTargets(files: ReadonlyMap<string, string>): FoundInClone {
  const visible = [...files].filter(([path]) => !/(?:^|\/)\./.test(path));
  const charts = visible.flatMap(([path]) => (CHART.test(path) ? [folderOf(path)] : [])).filter(isTopIn);
  const outside = visible.filter(([path]) => !charts.some((chart) => isBelow(path, chart)));
  const kustomizations = outside.filter(([path]) => KUSTOMIZATION.test(path));
  const bases = new Set(kustomizations.flatMap(([path, text]) => basesOf(folderOf(path), text)));
  const overlays = kustomizations.filter(([path]) => !bases.has(folderOf(path)));
  const rendered = [...charts, ...kustomizations.map(([path]) => folderOf(path))];
  const plain = outside
    .filter(([path]) => MANIFEST.test(path) && !rendered.some((folder) => isBelow(path, folder)))
    .map(([path, text]) => ({ path, objects: objectsIn(text) }));
  return {
    targets: [
      ...charts.map((path) => target(path, 'helm', [])),
      ...overlays.map(([path, text]) => target(folderOf(path), 'kustomize', namespaceOf(text))),
      ...plainTargets(plain, rendered),
    ].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    foreign: plain.flatMap(({ path, objects }) =>
      objects.filter(isForeign).map(({ apiVersion, kind }) => `${path}: ${kind} (${apiVersion})`),
    ),
  };
}

interface FoundFile {
  readonly path: string;
  readonly objects: readonly FoundObject[];
}

/** A chart inside another one is its dependency. */
const isTopIn = (folder: string, _index: number, all: readonly string[]) =>
  !all.some((other) => other !== folder && isBelow(folder, other));

function basesOf(folder: string, text: string): readonly string[] {
  const kustomization = yamlMap(text);
  if (kustomization === null) return [];
  const lists = ['resources', 'bases', 'components'].map((field) => kustomization[field]);
  const names = lists.flatMap((list) => (Array.isArray(list) ? list : []) as readonly unknown[]);
  return names.flatMap((name) => (typeof name === 'string' ? [joined(folder, name)] : []));
}

function namespaceOf(text: string): readonly string[] {
  const namespace = yamlMap(text)?.['namespace'];
  return typeof namespace === 'string' ? [namespace] : [];
}

/** The highest folders of manifests without a chart or a kustomization below them, where there is one. */
function plainTargets(files: readonly FoundFile[], rendered: readonly string[]): readonly FoundTarget[] {
  const tops = new Set(files.filter(isDeployed).map(({ path }) => highest(folderOf(path), rendered)));
  const paths = [...tops].filter((top) => ![...tops].some((other) => other !== top && isBelow(top, other)));
  return paths.map((path) => {
    const inside = files.filter((file) => isBelow(file.path, path));
    const relative = (below: string) => (path === '' ? below : below.slice(path.length + 1));
    const folders = rendered.filter((folder) => folder !== path && isBelow(folder, path));
    const exclude = [
      ...folders.map((folder) => `${relative(folder)}/**`),
      ...inside.filter((file) => !isDeployed(file)).map((file) => relative(file.path)),
    ];
    return plainTarget(
      path,
      inside.flatMap(({ objects }) => objects),
      exclude,
    );
  });
}

function isDeployed({ objects }: FoundFile): boolean {
  return objects.length > 0 && !objects.some(isForeign);
}

function highest(folder: string, rendered: readonly string[]): string {
  // The root is a target only if its own files are: a README beside the folders is the usual case.
  const parents = folder.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return parents.find((parent) => !rendered.some((other) => isBelow(other, parent))) ?? folder;
}

function plainTarget(path: string, objects: readonly FoundObject[], exclude: readonly string[]): FoundTarget {
  const namespaces = [...new Set(objects.flatMap(({ namespace }) => (namespace === null ? [] : [namespace])))];
  const scoped = objects.some(isClusterScoped);
  return { ...target(path, 'plain', namespaces.toSorted()), isClusterScoped: scoped, exclude };
}

function target(path: string, renderer: FoundTarget['renderer'], namespaces: readonly string[]): FoundTarget {
  const namespace = namespaces.length === 1 ? (namespaces[0] ?? null) : null;
  return { path, renderer, namespaces, namespace, isClusterScoped: false, exclude: [] };
}
