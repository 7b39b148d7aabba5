import { excluderOf } from '../../config/derived/excluded.ts';
import { foldersBelow, refuseFolder, rendererIn } from '../../desired/plain/rendered-folder.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { RenderedFolder } from '../../desired/plain/rendered-folder.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { PathContent, Source, SourceFile } from '../../snapshot/source.ts';
import type { Tools } from '../ports/tools.ts';
import type { World } from '../ports/world.ts';
import { filesOfGiven } from './renderer.ts';
import type { RenderContext } from './renderer.ts';

interface Separated {
  /** The files outside of every kustomization and chart. */
  readonly files: readonly SourceFile[];
  /** One for each kustomization and chart below the path that holds some of the files; of nested ones, the outermost. */
  readonly problems: readonly Problem[];
}

/** Refuses kustomizations and charts below the path of plain files: their parts would be deployed unrendered. */
export async function separateFolders(
  { rootTree, files }: Pick<Source, 'rootTree' | 'files'>,
  { isDrift }: Pick<RenderContext, 'isDrift'>,
  { target, git, readers, tools }: Pick<World, 'target' | 'git' | 'readers'> & { readonly tools: Pick<Tools, 'given'> },
  signal: AbortSignal,
): Promise<Separated> {
  const paths = isDrift === true ? [] : files.map(({ path }) => path);
  const read = (wanted: readonly string[]) =>
    wanted.length === 0 ? [] : git.readPaths({ rootTree, base: null }, wanted, signal);
  const isManifest = async (content: PathContent) =>
    content.kind === 'file' && isOfCluster(await readers.renderPlain([[content], null], signal));
  const rendered = await findRendered(foldersBelow(target.path, paths), { target, tools, read, isManifest });
  if (rendered.length === 0) return { files, problems: [] };
  const within = new Set(rendered.map(({ folder }) => folder));
  const isOutside = (path: string) => foldersBelow(target.path, [path]).every((folder) => !within.has(folder));
  return {
    files: files.filter(({ path }) => isOutside(path)),
    problems: rendered.filter(({ folder }) => isOutside(folder)).map((each) => refuseFolder(each, target)),
  };
}

/**
 * Comparing the trees has read every folder of a changed file, so this costs a request only where a kustomization file
 * stays as it is beside a file that changes.
 */
async function findRendered(
  folders: readonly string[],
  {
    target,
    tools,
    read,
    isManifest,
  }: Pick<World, 'target'> & {
    readonly tools: Pick<Tools, 'given'>;
    readonly isManifest: (content: PathContent) => Promise<boolean>;
    readonly read: (paths: readonly string[]) => Promise<readonly PathContent[]> | readonly PathContent[];
  },
): Promise<readonly RenderedFolder[]> {
  const isExcluded = excluderOf(target);
  const rendered = (await read(folders)).flatMap((folder): readonly RenderedFolder[] => {
    const names = filesIn(folder).filter((name) => !isExcluded(`${folder.path}/${name}`));
    const found = rendererIn(new Set(names));
    if (found !== null) return [{ folder: folder.path, ...found }];
    const file = filesOfGiven(tools).find((name) => names.includes(name));
    return file === undefined ? [] : [{ folder: folder.path, renderer: 'given', file }];
  });
  const fileOf = ({ folder, file }: RenderedFolder) => `${folder}/${file}`;
  // Only a YAML file in place of a kustomization may be something else.
  const doubtful = rendered.filter(({ renderer, file }) => renderer === 'kustomize' && file.includes('.'));
  const contents = await read(doubtful.map(fileOf));
  const manifests = new Set<string>();
  for (const content of contents) if (await isManifest(content)) manifests.add(content.path);
  return rendered.filter((each) => !manifests.has(fileOf(each)));
}

function filesIn(content: PathContent): readonly string[] {
  return content.kind === 'tree' ? content.entries.filter(({ kind }) => kind !== 'tree').map(({ name }) => name) : [];
}

/** Flux's Kustomization is an object of the cluster, and may be in a file of any name. */
function isOfCluster({ manifests }: Pick<Desired, 'manifests'>): boolean {
  return manifests.some(({ group }) => group !== 'kustomize.config.k8s.io');
}
