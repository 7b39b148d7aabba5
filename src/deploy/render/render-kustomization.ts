import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { withOrigins } from '../../desired/kustomize/kustomization.ts';
import { refusedBy } from '../../desired/plain/plain.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import { redactSecrets, withholdIfSecret } from '../../desired/plain/tool-error.ts';
import type { Walk } from '../../desired/kustomize/walk.ts';
import type { PathContent } from '../../snapshot/source.ts';
import { decrypt } from './decrypt.ts';
import { filesBelow } from './chart-files.ts';
import type { BuildContext, Built } from './whole-render.ts';
import { renderTwice } from './render-twice.ts';
import type { RenderFile } from '../ports/tools.ts';

/** Reads what the kustomization refers to, in rounds, and builds it. */
export async function renderKustomization(at: BuildContext, signal: AbortSignal): Promise<Built> {
  const { have, walk } = await readInputs(at, signal);
  const inputs = Object.fromEntries(walk.inputs);
  return { desired: await build({ have, walk }, at.world, signal), inputs, digest: null };
}

/** Each level of bases costs a round; more levels than this must be a loop. */
const ROUNDS = 100;

async function readInputs({ tree, world: { target, git, readers } }: BuildContext, signal: AbortSignal) {
  const have = new Map<string, PathContent>();
  // Most likely the same paths as in the last render, so one round fetches them all.
  let missing: readonly string[] = tree.base === null ? [] : Object.keys(tree.base.ids);
  for (let round = 0; round < ROUNDS; round += 1) {
    if (missing.length > 0)
      for (const content of await git.readPaths(tree, missing, signal)) have.set(content.path, content);
    const walk = await readers.walkKustomization([target.path, have, target.kustomize], signal);
    if (walk.missing.length === 0) return { have, walk };
    ({ missing } = walk);
  }
  throw new DeployError('render-limit', {
    subject: target.path,
    message: `the kustomization has more than ${ROUNDS} levels of bases`,
    remedy: 'Look for a loop among its resources.',
  });
}

async function build(
  { have, walk }: { have: ReadonlyMap<string, PathContent>; walk: Walk },
  world: BuildContext['world'],
  signal: AbortSignal,
): Promise<Desired> {
  const { target, git, tools, readers } = world;
  const { file, usesRemote } = walk;
  if (walk.problems.length > 0 || file === null) return refusedBy(walk.problems);
  const charts = filesBelow(await git.below(walk.charts, signal));
  const foreign = await readers.refuseForeignSchemas([charts.files], signal);
  const refused = [...charts.problems, ...foreign];
  if (refused.length > 0) return refusedBy(refused);
  const files = [...filesOf(have, walk), ...charts.files];
  const { built, hasOrigins } = addOrigins(files, file);
  const { loadRestrictor } = target.kustomize;
  const usesHelm = walk.charts.length > 0 || usesRemote;
  const run = { files: built, directory: target.path, file, loadRestrictor, usesHelm, usesRemote };
  const contents = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const from = { file, directory: target.path, contents, hasOrigins, variables: target.variables };
  const once = async () => {
    const output = await withoutSecrets(tools.kustomize(run, signal), { files, walk });
    return readers.readRendered([output, from], signal);
  };
  // kustomize itself is reproducible; Helm templates may not be.
  const desired = await (usesHelm ? renderTwice(once) : once());
  return decrypt(desired, files, world, signal);
}

async function withoutSecrets<T>(
  work: Promise<T>,
  { files, walk }: { readonly files: readonly RenderFile[]; readonly walk: Walk },
): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    const problem = redactSecrets(asDeployError(thrown).problem, walk.secrets);
    const { code, ...what } = withholdIfSecret(problem, files);
    // Drops the cause, which contains the values.
    throw new DeployError(code, what);
  }
}

function filesOf(have: ReadonlyMap<string, PathContent>, { inputs }: Walk): readonly RenderFile[] {
  return [...inputs.keys()].flatMap((path) => {
    const content = have.get(path);
    return content?.kind === 'file' ? [{ path, bytes: content.bytes }] : [];
  });
}

function addOrigins(files: readonly RenderFile[], file: string): { built: readonly RenderFile[]; hasOrigins: boolean } {
  const bytes = files.find(({ path }) => path === file)?.bytes;
  const changed = bytes === undefined ? null : withOrigins(bytes);
  if (changed === null) return { built: files, hasOrigins: false };
  return { built: files.map((each) => (each.path === file ? { ...each, bytes: changed } : each)), hasOrigins: true };
}
