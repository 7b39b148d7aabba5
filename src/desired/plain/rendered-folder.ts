import type { Problem } from '../../error/deploy-error.ts';

/** The file names that kustomize accepts; a directory may have only one of them. */
export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;
const CHART_FILE = 'Chart.yaml';

export interface RenderedFolder {
  readonly folder: string;
  /** `given`: one that this package does not have. */
  readonly renderer: 'kustomize' | 'helm' | 'given';
  /** The name of the file that makes it a kustomization or a chart. */
  readonly file: string;
}

/** What builds a folder with these files as a whole, and the file that shows it; null: its files are plain. */
export function rendererIn(
  names: ReadonlySet<string>,
): { readonly renderer: 'kustomize' | 'helm'; readonly file: string } | null {
  const file = KUSTOMIZATION_FILES.find((name) => names.has(name));
  if (file !== undefined) return { renderer: 'kustomize', file };
  return names.has(CHART_FILE) ? { renderer: 'helm', file: CHART_FILE } : null;
}

/** The folders of these paths, and those above them, up to but without `directory`. */
export function foldersBelow(directory: string, paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > directory.length; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (found.has(folder)) break;
      found.add(folder);
    }
  }
  return [...found];
}

const WHAT = { kustomize: 'kustomization', helm: 'chart', given: 'folder to render' } as const;

/** Applied unrendered, its files would differ from what the kustomization or the chart produces. */
export function refuseFolder(
  { folder, renderer, file }: RenderedFolder,
  { name, path }: { readonly name: string; readonly path: string },
): Problem {
  const glob = `${path === '' ? folder : folder.slice(path.length + 1)}/**`;
  return {
    code: 'render-refused',
    subject: `${folder}/${file}`,
    message: `${folder} is a ${WHAT[renderer]} below the path of target ${name}, which deploys plain files`,
    remedy: `Set the path of a target to ${folder}, use forEach for several such folders, or add ${glob} to the exclude list of target ${name} in headgate.yml.`,
  };
}
