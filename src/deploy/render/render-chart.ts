import { DeployError } from '../../error/deploy-error.ts';
import type { HelmSettings, Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/checked/settings-hash.ts';
import { chartNameOf, hooksInOrder, readTemplated, valuesOf } from '../../desired/helm/chart.ts';
import { refusedBy } from '../../desired/plain/plain.ts';
import { joinPaths, resolve } from '../../desired/kustomize/walk.ts';
import type { PathContent } from '../../snapshot/source.ts';
import { decrypt, isEncryptedFile } from './decrypt.ts';
import { filesBelow } from './chart-files.ts';
import type { BuildContext, Built } from './whole-render.ts';
import { renderTwice } from './render-twice.ts';
import type { ChartFrom, RenderFile } from '../ports/tools.ts';

const NO_SETTINGS: HelmSettings = {
  chart: null,
  version: null,
  repository: null,
  oci: null,
  releaseName: null,
  values: [],
  set: {},
};

/** Reads a chart and its values, or has the chart pulled, and renders it as Helm would install it. */
export async function renderChart(at: BuildContext, signal: AbortSignal): Promise<Built> {
  const { target, tools, cluster } = at.world;
  const settings = target.helm ?? NO_SETTINGS;
  const from = chartFrom(settings);
  const read = await readChart(settings, from, { ...at, signal });
  if (read.problems.length > 0) return { desired: refusedBy(read.problems), inputs: read.inputs, digest: null };
  const { version, apiVersions } = await cluster.capabilities(signal);
  const digest = from === null ? null : await tools.pull(from, signal);
  refuseOther(digest, from, at);
  const template = {
    files: read.files,
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
    const made = { file: read.file, chart: digest === null ? read : null, variables: target.variables };
    return hooksInOrder(readTemplated(output, made));
  });
  const desired = await decrypt(rendered, read.files, at.world, signal);
  return { desired, inputs: read.inputs, digest };
}

function chartFrom({ chart, version, repository, oci }: HelmSettings): ChartFrom | null {
  if (repository !== null) return { kind: 'repository', url: repository, chart: chart ?? '', version: version ?? '' };
  return oci === null ? null : { kind: 'oci', url: chart === null ? oci : `${oci}/${chart}`, version: version ?? '' };
}

interface ReadChart extends Pick<Built, 'inputs'> {
  readonly problems: Built['desired']['problems'];
  readonly files: readonly RenderFile[];
  /** The chart's directory; '' is the root or a chart from elsewhere. */
  readonly chart: string;
  /** As Chart.yaml says it: templates are named after it. */
  readonly name: string;
  readonly values: readonly string[];
  /** The file that stands for what comes from none. */
  readonly file: string;
}

async function readChart(
  settings: HelmSettings,
  from: ChartFrom | null,
  { tree, world: { target, git }, signal }: BuildContext & { signal: AbortSignal },
): Promise<ReadChart> {
  const chart = settings.chart === null ? target.path : settings.chart;
  const values = settings.values.map((path) => resolve(target.path, path) ?? path);
  const paths = from === null ? [chart, ...values] : values;
  const standings = new Map((await git.readPaths(tree, paths, signal)).map((standing) => [standing.path, standing]));
  const wrong = paths.filter(
    (path) => standings.get(path)?.kind !== (path === chart && from === null ? 'tree' : 'file'),
  );
  const inputs = Object.fromEntries(paths.map((path) => [path, idOf(standings.get(path))]));
  const directory = from === null ? standings.get(chart) : undefined;
  const below = filesBelow(
    directory?.kind === 'tree' ? await git.below([{ path: chart, oid: directory.oid }], signal) : [],
  );
  const own = new Set(below.files.map(({ path }) => path));
  const files = values.flatMap((path) => {
    const standing = standings.get(path);
    return standing?.kind === 'file' && !own.has(path) ? [{ path, bytes: standing.bytes }] : [];
  });
  const file = from === null ? joinPaths(chart, 'Chart.yaml') : (values[0] ?? (target.path === '' ? '.' : target.path));
  return {
    inputs,
    problems: [
      ...wrong.map((path) => notThere(path, target)),
      ...below.problems,
      ...files.filter((each) => isEncryptedFile(each)).map((each) => encrypted(each)),
    ],
    files: [...below.files, ...new Map(files.map((each) => [each.path, each])).values()],
    chart: from === null ? chart : '',
    name: chartNameOf(below.files.find(({ path }) => path === file)?.bytes ?? null),
    values,
    file,
  };
}

function idOf(standing: PathContent | undefined) {
  return standing?.kind === 'file' || standing?.kind === 'tree' ? standing.oid : null;
}

function notThere(path: string, { name }: Target) {
  return {
    code: 'render-refused',
    subject: path === '' ? '.' : path,
    message: `helm of target ${name} names it, and it is not there as a file (or, of a chart, a directory)`,
    remedy: 'Mend helm.chart or helm.values of the target in headgate.yml, or the repository.',
  } as const;
}

function encrypted({ path }: RenderFile) {
  return {
    code: 'render-refused',
    subject: path,
    message: 'it is encrypted, and a chart would put the ciphertext into the cluster',
    remedy: 'Encrypt the Secret that the value is for, as a manifest of its own.',
  } as const;
}

/** The same version with another content is another chart: somebody published it again, or stands between. */
function refuseOther(digest: string | null, from: ChartFrom | null, { applied, world }: BuildContext): void {
  const recorded = applied.renderer.kind === 'helm' ? applied.renderer.chartDigest : null;
  if (digest === null || from === null || recorded === null || recorded === digest) return;
  if (applied.settings !== settingsHash(world.target)) return;
  throw new DeployError('render-refused', {
    subject: from.url,
    message: `version ${from.version} of the chart has another content (${digest}) than when it was applied (${recorded})`,
    remedy: 'Ask who published it again; a new version in headgate.yml is taken as it is.',
  });
}
