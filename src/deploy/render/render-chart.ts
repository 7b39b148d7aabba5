import { DeployError } from '../../error/deploy-error.ts';
import type { HelmSettings, Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import { hooksInOrder, valuesOf } from '../../desired/helm/chart.ts';
import { refusedBy } from '../../desired/plain/plain.ts';
import type { PathContent } from '../../snapshot/source.ts';
import { decrypt, isEncryptedFile } from './decrypt.ts';
import { addDependencies, NO_DEPENDENCIES } from './chart-dependencies.ts';
import { filesBelow } from './chart-files.ts';
import type { BuildContext, Built } from './whole-render.ts';
import { renderTwice } from './render-twice.ts';
import type { ChartFrom, RenderFile } from '../ports/tools.ts';
import { joinPaths } from '../../desired/kustomize/paths.ts';
import { valuesFile } from '../../desired/helm/values.ts';
import type { ValuesFile } from '../../desired/helm/values.ts';

const NO_SETTINGS: HelmSettings = {
  chart: null,
  version: null,
  repository: null,
  oci: null,
  releaseName: null,
  values: [],
  set: {},
  dependencies: [],
};

/** Reads a chart from Git, or pulls it, and renders it with its values as Helm would install it. */
export async function renderChart(at: BuildContext, signal: AbortSignal): Promise<Built> {
  const { target, tools, cluster, readers } = at.world;
  const settings = target.helm ?? NO_SETTINGS;
  const from = chartFrom(settings);
  const read = await readChart(settings, from, { ...at, signal });
  if (read.problems.length > 0) return { desired: refusedBy(read.problems), inputs: read.inputs, digest: null };
  const added = from === null ? await addDependencies(read, at, signal) : NO_DEPENDENCIES;
  const inputs = { ...read.inputs, ...added.inputs };
  if (added.problems.length > 0) return { desired: refusedBy(added.problems), inputs, digest: null };
  const { version, apiVersions } = await cluster.capabilities(signal);
  const digest = from === null ? null : await tools.pull(from, signal);
  refuseChangedDigest(digest, from, at);
  const template = {
    files: [...read.files, ...added.files],
    chart: digest === null ? { directory: read.chart } : { digest },
    release: settings.releaseName ?? target.name,
    namespace: target.namespace,
    values: read.values,
    set: valuesOf(settings.set),
    version,
    apiVersions,
    file: read.file,
    name: read.name,
  };
  const rendered = await renderTwice(async () => {
    const output = await tools.template(template, signal);
    const origin = { file: read.file, chart: digest === null ? read : null, variables: target.variables };
    return hooksInOrder(await readers.readTemplated([output, origin], signal));
  });
  const desired = await decrypt(rendered, read.files, at.world, signal);
  return { desired, inputs, digest: digest ?? added.digest };
}

function chartFrom({ chart, version, repository, oci }: HelmSettings): ChartFrom | null {
  if (repository !== null) return { kind: 'repository', url: repository, chart: chart ?? '', version: version ?? '' };
  return oci === null ? null : { kind: 'oci', url: chart === null ? oci : `${oci}/${chart}`, version: version ?? '' };
}

interface ReadChart extends Pick<Built, 'inputs'> {
  readonly problems: Built['desired']['problems'];
  readonly files: readonly RenderFile[];
  /** The chart's directory; '' for the root, or for a pulled chart. */
  readonly chart: string;
  /** From Chart.yaml: Helm prefixes the paths of templates with it. */
  readonly name: string;
  readonly values: readonly string[];
  /** The file to report for output without an origin. */
  readonly file: string;
}

async function readChart(
  settings: HelmSettings,
  from: ChartFrom | null,
  { tree, world: { target, git, readers }, signal }: BuildContext & { signal: AbortSignal },
): Promise<ReadChart> {
  const chart = settings.chart === null ? target.path : settings.chart;
  const written = settings.values.map((text) => valuesFile(text, target.path));
  const paths = [...(from === null ? [chart] : []), ...new Set(written.map(({ path }) => path))];
  const contents = new Map((await git.readPaths(tree, paths, signal)).map((content) => [content.path, content]));
  const wrong = paths.filter(
    (path) => contents.get(path)?.kind !== (path === chart && from === null ? 'tree' : 'file'),
  );
  const inputs = Object.fromEntries(paths.map((path) => [path, idOf(contents.get(path))]));
  const directory = from === null ? contents.get(chart) : undefined;
  const below = filesBelow(
    directory?.kind === 'tree' ? await git.below([{ path: chart, oid: directory.oid }], signal) : [],
  );
  const values = await readValues(written, contents, {
    taken: new Set(below.files.map(({ path }) => path)),
    readers,
    signal,
  });
  const file =
    from === null ? joinPaths(chart, 'Chart.yaml') : (written[0]?.path ?? (target.path === '' ? '.' : target.path));
  return {
    inputs,
    problems: [
      ...wrong.map((path) => missingInput(path, target)),
      ...values.problems,
      ...below.problems,
      ...(await readers.refuseForeignSchemas([below.files], signal)),
      ...values.files.filter((each) => isEncryptedFile(each)).map((each) => encrypted(each)),
    ],
    files: [...below.files, ...values.files],
    chart: from === null ? chart : '',
    name: await readers.chartNameOf([below.files.find(({ path }) => path === file)?.bytes ?? null], signal),
    values: values.paths,
    file,
  };
}

interface ReadValues {
  /** Beside those of the chart. */
  readonly files: readonly RenderFile[];
  /** What Helm reads, in order. */
  readonly paths: readonly string[];
  readonly problems: Built['desired']['problems'];
}

async function readValues(
  written: readonly ValuesFile[],
  contents: ReadonlyMap<string, PathContent>,
  {
    taken,
    readers,
    signal,
  }: Pick<BuildContext['world'], 'readers'> & { taken: ReadonlySet<string>; signal: AbortSignal },
): Promise<ReadValues> {
  const files = new Map<string, RenderFile>();
  const paths: string[] = [];
  const problems: ReturnType<typeof missingKey>[] = [];
  for (const { path, key } of written) {
    const content = contents.get(path);
    if (content?.kind !== 'file') continue;
    const text = key === null ? null : await readers.valuesInConfigMap([content.bytes, key], signal);
    if (key !== null && text === null) problems.push(missingKey(path, key));
    const as = key === null ? path : freePath(`${path}#${key}`, taken);
    paths.push(as);
    if (!taken.has(as)) files.set(as, { path: as, bytes: text === null ? content.bytes : Buffer.from(text) });
  }
  return { files: [...files.values()], paths, problems };
}

/** A pushed tree may have a file of any name. */
function freePath(path: string, taken: ReadonlySet<string>): string {
  return taken.has(path) ? freePath(`${path}~`, taken) : path;
}

function idOf(content: PathContent | undefined) {
  return content?.kind === 'file' || content?.kind === 'tree' ? content.oid : null;
}

function missingInput(path: string, { name }: Target) {
  return {
    code: 'render-refused',
    subject: path === '' ? '.' : path,
    message: `helm of target ${name} refers to it, but it does not exist, or is not a values file or a chart directory`,
    remedy: 'Fix helm.chart or helm.values of the target in headgate.yml, or add it to the repository.',
  } as const;
}

function missingKey(path: string, key: string) {
  return {
    code: 'render-refused',
    subject: path,
    message: `no ConfigMap in it has the key ${key}, which helm.values names`,
    remedy: 'Fix helm.values of the target in headgate.yml, or add the key to data of the ConfigMap.',
  } as const;
}

function encrypted({ path }: RenderFile) {
  return {
    code: 'render-refused',
    subject: path,
    message: 'is encrypted, and a chart would send the ciphertext to the cluster',
    remedy: 'Encrypt the Secret itself, in a separate manifest.',
  } as const;
}

/** The same version with different content means that it was republished or tampered with. */
function refuseChangedDigest(digest: string | null, from: ChartFrom | null, { applied, world }: BuildContext): void {
  const recorded = applied.renderer.kind === 'helm' ? applied.renderer.chartDigest : null;
  if (digest === null || from === null || recorded === null || recorded === digest) return;
  if (applied.settings !== settingsHash(world.target)) return;
  throw new DeployError('render-refused', {
    subject: from.url,
    message: `version ${from.version} of the chart has changed since it was applied: digest ${digest}, was ${recorded}`,
    remedy: 'Find out why it was republished, or set another version in headgate.yml.',
  });
}
