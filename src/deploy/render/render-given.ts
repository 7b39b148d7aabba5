import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { joinPaths } from '../../desired/kustomize/paths.ts';
import { refusedBy } from '../../desired/plain/plain.ts';
import { rendererIn } from '../../desired/plain/rendered-folder.ts';
import type { Target } from '../../config/checked/config.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { PathContent, SourceFile } from '../../snapshot/source.ts';
import type { GivenRenderer } from '../../desired/plain/given-renderer.ts';
import { filesBelow } from './chart-files.ts';
import { decrypt } from './decrypt.ts';
import { renderTwice } from './render-twice.ts';
import type { BuildContext, Built, ChosenRenderer } from './whole-render.ts';

/** Reads everything below the path of the target and below its inputs, and hands it to the renderer. */
export async function renderGiven(by: GivenRenderer, at: BuildContext, signal: AbortSignal): Promise<Built> {
  const { target, git, readers } = at.world;
  const { path: directory, name, namespace } = target;
  const contents = await git.readPaths(at.tree, [...new Set([directory, ...target.inputs])], signal);
  const inputs = Object.fromEntries(contents.map((content) => [content.path, idOf(content)]));
  const trees = contents.flatMap((each) => (each.kind === 'tree' ? [{ path: each.path, oid: each.oid }] : []));
  const single = contents.filter((each): each is SourceFile => each.kind === 'file');
  const { files, problems } = filesBelow([...single, ...(await git.below(trees, signal))]);
  if (problems.length > 0) return { desired: refusedBy(problems), inputs, digest: null };
  const texts = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const file = by.files.map((each) => joinPaths(directory, each)).find((each) => texts.has(each)) ?? directory;
  const from = { file, directory, contents: texts, hasOrigins: false, variables: target.variables };
  const rendered = await renderTwice(async () => {
    const output = await by
      .render({ directory, files: texts, target: name, namespace }, signal)
      .catch((cause: unknown) => {
        throw signal.aborted || cause instanceof DeployError ? cause : failed(by, { file, cause });
      });
    return readers.readRendered([Buffer.from(output), from], signal);
  });
  return { desired: await decrypt(rendered, files, at.world, signal), inputs, digest: null };
}

function idOf(content: PathContent) {
  return content.kind === 'file' || content.kind === 'tree' ? content.oid : null;
}

function failed({ name }: GivenRenderer, { file, cause }: { readonly file: string; readonly cause: unknown }) {
  return new DeployError('render-failed', {
    subject: file,
    message: `${name} cannot render it: ${reasonOf(cause)}`,
    remedy: 'Fix the file, and push the change.',
    cause,
  });
}

/**
 * Chooses what renders a folder with these files; a kustomization or a chart is never given to a custom renderer.
 * @throws DeployError `tool-missing` if the recorded renderer is missing here: read as plain files, its objects would seem to
 * have left Git
 */
export function chooseAmong(
  given: readonly GivenRenderer[],
  {
    names,
    renderer,
    target,
  }: {
    readonly names: ReadonlySet<string>;
    /** Recorded. */
    readonly renderer: Renderer;
    readonly target: Pick<Target, 'name' | 'path'>;
  },
): ChosenRenderer {
  if (renderer.kind === 'given' && !given.some(({ name }) => name === renderer.name)) {
    throw new DeployError('tool-missing', {
      subject: target.path,
      message: `was rendered by ${renderer.name}, which this process does not have`,
      remedy: `Deploy target ${target.name} with the deployer that has the renderer (docs/toolkit.md).`,
    });
  }
  const found = rendererIn(names);
  if (found !== null) return { kind: found.renderer };
  const by = given.find(({ files }) => files.some((name) => names.has(name)));
  return by === undefined ? { kind: 'plain' } : { kind: 'given', by };
}
