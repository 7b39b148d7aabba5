import { asDeployError, DeployError, failureClassOf } from '../error/deploy-error.ts';
import type { Problem } from '../error/deploy-error.ts';
import { isRendered } from '../plan/applied.ts';
import type { Applied } from '../plan/applied.ts';
import { KUSTOMIZATION_FILES, withOrigins } from '../render/kustomization.ts';
import { join, renderPlain } from '../render/plain.ts';
import type { Desired } from '../render/plain.ts';
import { readRendered } from '../render/rendered.ts';
import { walkKustomization } from '../render/walk.ts';
import type { Walk } from '../render/walk.ts';
import type { Source, SourceFile, Standing, TreeAt } from '../resource/source.ts';
import { readerOf } from './renderer.ts';
import type { RenderFile, SourceQuery, World } from './world.ts';

/** What the target wants to be in the cluster, and what it was made from. */
export interface Rendered {
  /** With everything that was read as its inputs; whole when a renderer made it, so that what is not in it is not wanted. */
  readonly source: Source;
  readonly desired: Desired;
  /** As in `Applied.renderer`. */
  readonly renderer: string;
}

export interface RenderContext {
  readonly applied: Applied;
  /** What was asked of Git for `source`. */
  readonly query: SourceQuery;
}

/** Files → manifests: each plain file by itself, a kustomization as a whole. */
export async function render(
  source: Source,
  context: RenderContext,
  world: World,
  signal: AbortSignal,
): Promise<Rendered> {
  const { target } = world;
  const renderer = await rendererOf(source, context, world, signal);
  switch (renderer) {
    case 'plain': {
      // What a renderer made before says nothing about single files.
      const isPartial = isRendered(context.applied) && !source.complete;
      const whole = { ...context.query, base: null, wants: readerOf(target) };
      const plain = isPartial ? await world.git.since(whole, signal) : source;
      const inputs = Object.fromEntries(target.inputs.map((path) => [path, plain.inputs[path] ?? null]));
      return { source: { ...plain, inputs }, desired: renderPlain(plain.files), renderer: 'plain' };
    }
    case 'kustomize':
      return renderKustomization(source, context, world, signal);
    default:
      return renderer satisfies never;
  }
}

/** As `render` for files that turn out to be needed too; of what was rendered as a whole they say nothing new. */
export async function renderMore(
  { source, desired, renderer }: Rendered,
  paths: readonly string[],
  { git }: World,
  signal: AbortSignal,
): Promise<Desired> {
  if (isRendered({ renderer })) return { ...desired, touched: new Set([...desired.touched, ...paths]) };
  return join(desired, renderPlain(await git.files(source.rootTree, paths, signal)));
}

async function rendererOf(
  source: Source,
  { applied, query }: RenderContext,
  world: World,
  signal: AbortSignal,
): Promise<'plain' | 'kustomize'> {
  if (source.tree === null) return 'plain';
  if (query.base !== null && query.base.tree === source.tree) return isRendered(applied) ? 'kustomize' : 'plain';
  const [at] = await world.git.look({ rootTree: source.rootTree, base: null }, [world.target.path], signal);
  const names = new Set(at?.kind === 'tree' ? at.entries.map(({ name }) => name) : []);
  return KUSTOMIZATION_FILES.some((name) => names.has(name)) ? 'kustomize' : 'plain';
}

/** Reads what the kustomization refers to, round by round, and builds it. */
async function renderKustomization(
  source: Source,
  context: RenderContext,
  world: World,
  signal: AbortSignal,
): Promise<Rendered> {
  const whole = { ...source, complete: true, files: [] };
  const renderer = await world.tools.nameOf('kustomize', signal);
  try {
    const { have, walk } = await readInputs(source, context, world, signal);
    const desired = await build({ have, walk }, world, signal);
    return { source: { ...whole, inputs: Object.fromEntries(walk.inputs) }, renderer, desired };
  } catch (thrown) {
    // A refusal is remembered, so that sweeps do not render again what cannot be rendered.
    const { problem } = asDeployError(thrown);
    if (!['manifest', 'guard'].includes(failureClassOf(problem.code))) throw thrown;
    return { source: whole, renderer, desired: refusedBy([problem]) };
  }
}

async function build(
  { have, walk }: { have: ReadonlyMap<string, Standing>; walk: Walk },
  { target, git, tools }: World,
  signal: AbortSignal,
): Promise<Desired> {
  const { file } = walk;
  if (walk.problems.length > 0 || file === null) return refusedBy(walk.problems);
  const charts = await git.below(walk.charts, signal);
  const unfit = charts.filter(({ kind }) => kind !== 'file');
  if (unfit.length > 0) return refusedBy(unfit.map((each) => unfitInChart(each)));
  const files = [...filesOf(have, walk), ...charts].flatMap((each) =>
    each.kind === 'file' ? [{ path: each.path, bytes: each.bytes }] : [],
  );
  const { built, hasOrigins } = addOrigins(files, file);
  const { loadRestrictor } = target.kustomize;
  const usesHelm = walk.charts.length > 0 || walk.usesRemote;
  const what = { files: built, directory: target.path, file, loadRestrictor, usesHelm, usesRemote: walk.usesRemote };
  const output = await tools.kustomize(what, signal);
  const contents = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return readRendered(output, { file, directory: target.path, contents, hasOrigins });
}

/** A level of bases costs a round; past this it is a loop that nobody meant. */
const ROUNDS = 100;

async function readInputs(source: Source, { applied, query }: RenderContext, world: World, signal: AbortSignal) {
  const { target, git } = world;
  const base =
    query.base !== null && isRendered(applied) ? { rootTree: query.base.rootTree, ids: applied.inputs } : null;
  const at: TreeAt = { rootTree: source.rootTree, base };
  const have = new Map<string, Standing>();
  // The same paths as the last time, most likely: in one round.
  let missing: readonly string[] = base === null ? [] : Object.keys(base.ids);
  for (let round = 0; round < ROUNDS; round += 1) {
    if (missing.length > 0)
      for (const standing of await git.look(at, missing, signal)) have.set(standing.path, standing);
    const walk = walkKustomization(target.path, have, target.kustomize);
    if (walk.missing.length === 0) return { have, walk };
    ({ missing } = walk);
  }
  throw new DeployError('render-limit', {
    subject: target.path,
    message: `the bases of the kustomization are more than ${ROUNDS} levels deep`,
    remedy: 'Look for a loop among its resources.',
  });
}

function filesOf(have: ReadonlyMap<string, Standing>, { inputs }: Walk): readonly SourceFile[] {
  return [...inputs.keys()].flatMap((path) => {
    const standing = have.get(path);
    return standing?.kind === 'file' ? [standing] : [];
  });
}

function addOrigins(files: readonly RenderFile[], file: string): { built: readonly RenderFile[]; hasOrigins: boolean } {
  const bytes = files.find(({ path }) => path === file)?.bytes;
  const changed = bytes === undefined ? null : withOrigins(bytes);
  if (changed === null) return { built: files, hasOrigins: false };
  return { built: files.map((each) => (each.path === file ? { ...each, bytes: changed } : each)), hasOrigins: true };
}

/** Nothing is rendered, and nothing else is said of any object. */
function refusedBy(problems: readonly Problem[]): Desired {
  return { touched: new Set(), manifests: [], unread: [], problems };
}

function unfitInChart({ path, kind }: SourceFile): Problem {
  return {
    code: 'render-refused',
    subject: path,
    message: `a chart holds a ${kind === 'symlink' ? 'symbolic link' : kind}, which is never followed`,
    remedy: 'Put the file itself there.',
  };
}
