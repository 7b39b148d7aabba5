import { createHash } from 'node:crypto';
import { DeployError } from '../../error/deploy-error.ts';
import type { Explanation, Problem } from '../../error/deploy-error.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { LockedDependency } from '../../desired/helm/dependencies.ts';
import { joinPaths, resolve } from '../../desired/kustomize/paths.ts';
import type { RenderFile } from '../ports/tools.ts';
import { filesBelow } from './chart-files.ts';
import type { BuildContext, Built } from './whole-render.ts';

export interface ChartDependencies extends Pick<Built, 'inputs' | 'digest'> {
  /** In `charts/` of the chart. */
  readonly files: readonly RenderFile[];
  readonly problems: readonly Problem[];
}

export const NO_DEPENDENCIES: ChartDependencies = { files: [], inputs: {}, problems: [], digest: null };

interface Chart {
  /** Its directory in the repository. */
  readonly chart: string;
  readonly files: readonly RenderFile[];
}

type Fetched = Omit<ChartDependencies, 'digest'> & { readonly content: string };

/** Adds the dependencies that Chart.lock pins: from the repository, from chart repositories and from registries. */
export async function addDependencies(chart: Chart, at: BuildContext, signal: AbortSignal): Promise<ChartDependencies> {
  const { needed, problems, vendored } = await dependenciesOf(chart, at, signal);
  const position = joinPaths(chart.chart, 'Chart.yaml');
  const allowed = at.world.target.helm?.dependencies ?? [];
  const refused = needed.flatMap((each) =>
    each.kind === 'file' || allowed.includes(each.host) ? [] : [notAllowed(each, at.world.target.name)],
  );
  const wrong = [...problems, ...refused].map((problem) => refusal(position, problem));
  if (wrong.length > 0) return { ...NO_DEPENDENCIES, problems: wrong };
  const fetched: Fetched[] = [];
  const taken = new Set(vendored);
  for (const each of needed) {
    const name = freeName(each.name, taken);
    taken.add(name);
    fetched.push(
      await fetchDependency(each, { ...chart, folder: joinPaths(chart.chart, `charts/${name}`) }, { ...at, signal }),
    );
  }
  const pulled = needed.flatMap((each, index) =>
    each.kind === 'file' ? [] : [{ each, content: fetched[index]?.content }],
  );
  const digest = pulled.length === 0 ? null : `${hash(pulled.map(({ each }) => each))}:${hash(pulled)}`;
  refuseChanged(digest, position, at);
  return {
    files: fetched.flatMap(({ files }) => files),
    inputs: Object.fromEntries(fetched.flatMap(({ inputs }) => Object.entries(inputs))),
    problems: fetched.flatMap((each) => each.problems),
    digest,
  };
}

async function dependenciesOf({ chart, files }: Chart, { world }: BuildContext, signal: AbortSignal) {
  const bytesOf = (name: string) => files.find(({ path }) => path === joinPaths(chart, name))?.bytes ?? null;
  const prefix = joinPaths(chart, 'charts/');
  const vendored = files.flatMap(({ path }) =>
    path.startsWith(prefix) ? [path.slice(prefix.length).split('/')[0] ?? ''] : [],
  );
  const both = { chart: bytesOf('Chart.yaml'), lock: bytesOf('Chart.lock') };
  const names = [...new Set(vendored)];
  return { ...(await world.readers.readDependencies([both, names, chart], signal)), vendored: names };
}

/** Helm finds a chart in any folder of `charts`. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}_`, taken) : name;
}

type At = BuildContext & { readonly signal: AbortSignal };

async function fetchDependency(
  dependency: LockedDependency,
  chart: Chart & { readonly folder: string },
  at: At,
): Promise<Fetched> {
  if (dependency.kind === 'file') return readFolder(dependency, chart, at);
  const { signal } = at;
  const { tools, readers } = at.world;
  const { kind, name, version, url } = dependency;
  const digest = await tools.pull(
    kind === 'oci' ? { kind, url, version } : { kind, url, chart: name, version },
    signal,
  );
  const path = joinPaths(chart.chart, `charts/${name}-${version}.tgz`);
  const files = [{ path, bytes: await tools.archive(digest, signal) }];
  return { files, inputs: {}, content: digest, problems: await readers.refuseForeignSchemas([files], signal) };
}

/** A chart elsewhere in the repository. Like Helm, this does not follow the dependencies that it has itself. */
async function readFolder(
  { name, path: written }: Extract<LockedDependency, { kind: 'file' }>,
  chart: Chart & { readonly folder: string },
  at: At,
): Promise<Fetched> {
  const { signal } = at;
  const { git, readers } = at.world;
  const position = joinPaths(chart.chart, 'Chart.yaml');
  const nothing = { files: [], inputs: {}, content: '' };
  const path = resolve(chart.chart, written);
  if (path === null) return { ...nothing, problems: [refusal(position, outside(name))] };
  const [content] = await git.readPaths(at.tree, [path], signal);
  const inputs = { [path]: content?.kind === 'tree' ? content.oid : null };
  if (content?.kind !== 'tree') return { ...nothing, inputs, problems: [refusal(position, notADirectory(name, path))] };
  const below = filesBelow(await git.below([{ path, oid: content.oid }], signal));
  const nested = await dependenciesOf({ chart: path, files: below.files }, at, signal);
  const problems = [
    ...below.problems,
    ...(await readers.refuseForeignSchemas([below.files], signal)),
    ...(nested.needed.length + nested.problems.length > 0
      ? [refusal(joinPaths(path, 'Chart.yaml'), isNested(path))]
      : []),
  ];
  const prefix = path === '' ? 0 : path.length + 1;
  const files = below.files.map((file) => ({ ...file, path: `${chart.folder}/${file.path.slice(prefix)}` }));
  return { files, inputs, content: content.oid, problems };
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** The same lock with other content: a version was published again, or tampered with. */
function refuseChanged(digest: string | null, position: string, { applied, world }: BuildContext): void {
  const recorded = applied.renderer.kind === 'helm' ? applied.renderer.chartDigest : null;
  if (digest === null || recorded === null || digest === recorded) return;
  const [lock] = digest.split(':');
  if (lock !== recorded.split(':')[0] || applied.settings !== settingsHash(world.target)) return;
  throw new DeployError('render-refused', {
    subject: position,
    message: 'the content of a dependency has changed since it was applied, under the same version',
    remedy: 'Find out why it was published again, or lock another version with helm dependency update.',
  });
}

function refusal(subject: string, problem: Explanation): Problem {
  return { code: 'render-refused', subject, ...problem };
}

function notAllowed({ name, host }: Exclude<LockedDependency, { kind: 'file' }>, target: string): Explanation {
  return {
    message: `dependency ${name} comes from ${host}, which target ${target} does not allow`,
    remedy: `Add helm: { dependencies: [${host}] } to the target in headgate.yml, or commit the chart in charts/.`,
  };
}

function outside(name: string): Explanation {
  return { message: `dependency ${name} leaves the repository`, remedy: 'Move the chart into the repository.' };
}

function notADirectory(name: string, path: string): Explanation {
  return { message: `dependency ${name} is at ${path}, which is not a directory`, remedy: 'Fix its repository.' };
}

function isNested(path: string): Explanation {
  return {
    message: 'the chart is a dependency and has dependencies itself, which are not in its charts directory',
    remedy: `Run helm dependency update ${path}, and commit its charts directory.`,
  };
}
