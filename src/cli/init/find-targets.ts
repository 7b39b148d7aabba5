import { parse, parseAllDocuments } from 'yaml';

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

const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;
const CHART = /(?:^|\/)Chart\.yaml$/;
const MANIFEST = /\.(?:ya?ml|json)$/;
const FOREIGN = /^(?:argoproj\.io|[a-z]+\.toolkit\.fluxcd\.io)\//;
const CLUSTER_SCOPED =
  /^(?:Namespace|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|PersistentVolume|[A-Z]\w*Class|\w+WebhookConfiguration)$/;

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
      objects.flatMap(({ apiVersion, kind }) => (FOREIGN.test(apiVersion) ? [`${path}: ${kind} (${apiVersion})`] : [])),
    ),
  };
}

interface FoundFile {
  readonly path: string;
  readonly objects: readonly FoundObject[];
}

interface FoundObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
}

const folderOf = (path: string) => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
const isBelow = (path: string, folder: string) => folder === '' || path === folder || path.startsWith(`${folder}/`);
/** A chart inside another one is its dependency. */
const isTopIn = (folder: string, _index: number, all: readonly string[]) =>
  !all.some((other) => other !== folder && isBelow(folder, other));

function basesOf(folder: string, text: string): readonly string[] {
  const kustomization: unknown = parsed(() => parse(text));
  if (!isMap(kustomization)) return [];
  const lists = ['resources', 'bases', 'components'].map((field) => kustomization[field]);
  const names = lists.flatMap((list) => (Array.isArray(list) ? list : []) as readonly unknown[]);
  return names.flatMap((name) => (typeof name === 'string' ? [joined(folder, name)] : []));
}

/** `../base` from a folder; a path that leaves the repository is returned as it is. */
function joined(folder: string, relative: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of relative.replace(/\/$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function namespaceOf(text: string): readonly string[] {
  const kustomization: unknown = parsed(() => parse(text));
  const namespace = isMap(kustomization) ? kustomization['namespace'] : undefined;
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
  return objects.length > 0 && !objects.some(({ apiVersion }) => FOREIGN.test(apiVersion));
}

function highest(folder: string, rendered: readonly string[]): string {
  // The root is a target only if its own files are: a README beside the folders is the usual case.
  const parents = folder.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return parents.find((parent) => !rendered.some((other) => isBelow(other, parent))) ?? folder;
}

function plainTarget(path: string, objects: readonly FoundObject[], exclude: readonly string[]): FoundTarget {
  const namespaces = [...new Set(objects.flatMap(({ namespace }) => (namespace === null ? [] : [namespace])))];
  const isClusterScoped = objects.some(({ kind }) => CLUSTER_SCOPED.test(kind));
  return { ...target(path, 'plain', namespaces.toSorted()), isClusterScoped, exclude };
}

function target(path: string, renderer: FoundTarget['renderer'], namespaces: readonly string[]): FoundTarget {
  const namespace = namespaces.length === 1 ? (namespaces[0] ?? null) : null;
  return { path, renderer, namespaces, namespace, isClusterScoped: false, exclude: [] };
}

function objectsIn(text: string): readonly FoundObject[] {
  const documents: unknown[] = parsed(() => parseAllDocuments(text).map((document): unknown => document.toJS())) ?? [];
  return documents.flatMap((object) => {
    if (!isMap(object)) return [];
    const { apiVersion, kind, metadata } = object;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    const namespace = isMap(metadata) ? metadata['namespace'] : null;
    return [{ apiVersion, kind, namespace: typeof namespace === 'string' ? namespace : null }];
  });
}

/** What cannot be parsed is not a manifest; if it should be one, the plan reports it with its line. */
function parsed<T>(parseText: () => T): T | null {
  try {
    return parseText();
  } catch {
    return null;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
