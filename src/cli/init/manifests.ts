import { parse, parseAllDocuments } from 'yaml';

export interface FoundObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  /** The whole object. */
  readonly object: Readonly<Record<string, unknown>>;
}

export const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;
export const MANIFEST = /\.(?:ya?ml|json)$/;

/** Is it an object of Flux or Argo CD, which means something only to them? */
export function isForeign({ apiVersion }: Pick<FoundObject, 'apiVersion'>): boolean {
  return /^(?:argoproj\.io|[a-z]+\.toolkit\.fluxcd\.io)\//.test(apiVersion);
}

const CLUSTER_SCOPED =
  /^(?:Namespace|APIService|Cluster[A-Z]\w*|CustomResourceDefinition|PersistentVolume|[A-Z]\w*Class|\w+WebhookConfiguration)$/;

/** By its kind's usual scope: which kinds a cluster serves is not known here. */
export function isClusterScoped({ kind }: Pick<FoundObject, 'kind'>): boolean {
  return CLUSTER_SCOPED.test(kind);
}

export const folderOf = (path: string) => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const isBelow = (path: string, folder: string) =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/** `../base` from a folder; a path that leaves the repository is returned as it is. */
export function joined(folder: string, relative: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of relative.replace(/\/$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

export function objectsIn(text: string): readonly FoundObject[] {
  const documents: unknown[] = parsed(() => parseAllDocuments(text).map((document): unknown => document.toJS())) ?? [];
  return documents.flatMap((object) => {
    if (!isMap(object)) return [];
    const { apiVersion, kind, metadata } = object;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    const namespace = isMap(metadata) ? metadata['namespace'] : null;
    return [{ apiVersion, kind, namespace: typeof namespace === 'string' ? namespace : null, object }];
  });
}

/** A map, such as a kustomization file; null when it cannot be parsed as one. */
export function yamlMap(text: string): Readonly<Record<string, unknown>> | null {
  const kustomization: unknown = parsed(() => parse(text));
  return isMap(kustomization) ? kustomization : null;
}

/** What cannot be parsed is not a manifest; if it should be one, the plan reports it with its line. */
function parsed<T>(parseText: () => T): T | null {
  try {
    return parseText();
  } catch {
    return null;
  }
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
