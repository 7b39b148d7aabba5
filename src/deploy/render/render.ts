import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import { PLAIN, rendersWhole } from '../../state/renderer.ts';
import type { Renderer } from '../../state/renderer.ts';
import { argoHooksInOrder } from '../../desired/plain/hooks.ts';
import { mergeDesired, refusedBy } from '../../desired/plain/plain.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import { rendererIn } from '../../desired/plain/rendered-folder.ts';
import type { Source, SourceFile, TreeAt } from '../../snapshot/source.ts';
import { decrypt } from './decrypt.ts';
import { renderChart } from './render-chart.ts';
import { renderKustomization } from './render-kustomization.ts';
import { separateFolders } from './separate-folders.ts';
import { readFilterOf } from './renderer.ts';
import type { SourceQuery } from '../ports/git.ts';
import type { RenderContext } from './renderer.ts';
import type { BuildContext, Built, ChosenRenderer } from './whole-render.ts';

/** What rendering needs of the world. */
type RenderWorld = BuildContext['world'];

/** What the target wants in the cluster, and the source it was rendered from. */
export interface Rendered {
  /** Its inputs are everything that was read. Complete when a renderer was used, so that anything not in it is unwanted. */
  readonly source: Source;
  readonly desired: Desired;
  readonly renderer: Renderer;
}

/** Turns files into manifests: plain files one by one, a kustomization or chart as a whole. */
export async function render(
  source: Source,
  context: RenderContext,
  world: RenderWorld,
  signal: AbortSignal,
): Promise<Rendered> {
  const { target } = world;
  const chosen = await rendererOf(source, context, world, signal);
  switch (chosen.kind) {
    case 'plain': {
      // The state of a rendered target says nothing about single files, so all of them are read.
      const isPartial = rendersWhole(context.applied.renderer) && !source.complete;
      const whole: SourceQuery = { ...context.query, base: null, isRead: readFilterOf(target) };
      const plain = isPartial ? await world.git.since(whole, signal) : source;
      const inputs = Object.fromEntries(target.inputs.map((path) => [path, plain.inputs[path] ?? null]));
      const { files, problems } = await separateFolders(plain, context, world, signal);
      const desired = await decryptPlain(files, world, signal);
      const judged = { ...desired, problems: [...problems, ...desired.problems] };
      return { source: { ...plain, inputs }, desired: judged, renderer: PLAIN };
    }
    case 'kustomize':
    case 'helm':
    case 'given':
      return renderWhole(chosen, { source, context, world, signal });
    default:
      return chosen satisfies never;
  }
}

/** Like `render`, for files that turn out to be needed too. If a renderer was used, everything is already rendered. */
export async function renderMore(
  { source, desired, renderer }: Rendered,
  paths: readonly string[],
  world: RenderWorld,
  signal: AbortSignal,
): Promise<Desired> {
  if (rendersWhole(renderer)) return { ...desired, touched: new Set([...desired.touched, ...paths]) };
  return mergeDesired(desired, await decryptPlain(await world.git.files(source, paths, signal), world, signal));
}

/** What is read at a time, so that many files need no more memory than one. */
const BATCH_BYTES = 4 * 1024 * 1024;

async function readPlain(
  files: readonly SourceFile[],
  { readers, target }: Pick<RenderWorld, 'readers' | 'target'>,
  signal: AbortSignal,
): Promise<Desired> {
  const parts: Desired[] = [];
  for (const batch of batchesOf(files)) parts.push(await readers.renderPlain([batch, target.variables], signal));
  const [first = refusedBy([]), ...others] = parts;
  return others.reduce((sum, part) => mergeDesired(sum, part), first);
}

function batchesOf(files: readonly SourceFile[]): readonly (readonly SourceFile[])[] {
  const batches: SourceFile[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    const size = file.kind === 'file' ? file.bytes.length : 0;
    if (bytes + size > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    bytes += size;
    batches.at(-1)?.push(file);
  }
  return batches;
}

async function decryptPlain(files: readonly SourceFile[], world: RenderWorld, signal: AbortSignal): Promise<Desired> {
  const desired = await readPlain(files, world, signal);
  const read = files.filter((file) => file.kind === 'file');
  return argoHooksInOrder(await decrypt(desired, read, world, signal));
}

/** Renders a kustomization or chart: what it reads becomes the inputs, and anything not in its output is unwanted. */
async function renderWhole(
  chosen: Whole,
  {
    source,
    context,
    world,
    signal,
  }: { source: Source; context: RenderContext; world: RenderWorld; signal: AbortSignal },
): Promise<Rendered> {
  const whole = { ...source, complete: true, files: [] };
  const version = chosen.kind === 'given' ? chosen.by.version : await world.tools.versionOf(chosen.kind, signal);
  try {
    const at = { tree: treeAt(source, context), applied: context.applied, world };
    const built = await build(chosen, at, signal);
    const renderer = recorded(chosen, version, built.digest);
    return { source: { ...whole, inputs: built.inputs }, renderer, desired: argoHooksInOrder(built.desired) };
  } catch (thrown) {
    // A refusal is recorded, so that sweeps do not retry what cannot be rendered.
    const { problem } = asDeployError(thrown);
    if (!needsPerson(problem.code)) throw thrown;
    return { source: whole, renderer: recorded(chosen, version, null), desired: refusedBy([problem]) };
  }
}

async function build(chosen: Whole, at: BuildContext, signal: AbortSignal): Promise<Built> {
  if (chosen.kind === 'given') {
    const { renderGiven } = await import('./render-given.ts');
    return renderGiven(chosen.by, at, signal);
  }
  return chosen.kind === 'helm' ? renderChart(at, signal) : renderKustomization(at, signal);
}

function recorded(chosen: Whole, version: string, chartDigest: string | null): Renderer {
  if (chosen.kind === 'given') return { kind: 'given', name: chosen.by.name, version };
  const { kind } = chosen;
  return kind === 'helm' ? { kind, version, chartDigest } : { kind, version };
}

/** The ids of the last render's inputs are known, and most are unchanged. */
function treeAt({ rootTree }: Source, { applied, query }: RenderContext): TreeAt {
  const isKnown = query.base !== null && rendersWhole(applied.renderer);
  return { rootTree, base: isKnown ? { rootTree: query.base.rootTree, ids: applied.inputs } : null };
}

type Whole = Exclude<ChosenRenderer, { kind: 'plain' }>;

async function rendererOf(
  source: Source,
  { applied, query }: RenderContext,
  world: RenderWorld,
  signal: AbortSignal,
): Promise<ChosenRenderer> {
  if (world.target.helm !== null) return { kind: 'helm' };
  if (source.tree === null) return { kind: 'plain' };
  const { renderer } = applied;
  const { given = [] } = world.tools;
  const isGiven = renderer.kind === 'given' || given.length > 0;
  if (!isGiven && query.base !== null && query.base.tree === source.tree) return { kind: renderer.kind };
  const [at] = await world.git.readPaths({ rootTree: source.rootTree, base: null }, [world.target.path], signal);
  const names = new Set(at?.kind === 'tree' ? at.entries.map(({ name }) => name) : []);
  if (isGiven) {
    const { chooseAmong } = await import('./render-given.ts');
    return chooseAmong(given, { names, renderer, target: world.target });
  }
  return { kind: rendererIn(names)?.renderer ?? 'plain' };
}
