import { asHttps, hostOfUrl, repositoryName } from '../../init/names.ts';
import { joined, yamlMap } from '../../init/manifests.ts';
import { mapAt, mapsAt, textAt, textsAt, valueAt } from '../foreign-object.ts';
import type { Fields, ForeignObject } from '../foreign-object.ts';
import { EXACT_VERSION, importValues } from '../helm-values.ts';
import type { ForeignInstallation, ImportedRepository } from '../imported.ts';
import { remark } from '../remarks.ts';
import type { Remark } from '../remarks.ts';

/** What an Application deploys, from one or two sources. */
export interface ApplicationSource {
  /** Null: it is not known from which repository and branch. */
  readonly git: { readonly repository: ImportedRepository; readonly branch: string } | null;
  readonly path: string;
  /** A chart from outside Git, and the settings of any chart; null: none. */
  readonly helm: Fields | null;
  readonly directory: Fields;
  readonly isIncomplete: boolean;
  readonly remarks: readonly Remark[];
}

type Repositories = Map<string, ImportedRepository>;

export function sourceOf(
  object: ForeignObject,
  { branch: defaultBranch }: Pick<ForeignInstallation, 'branch'>,
  repositories: Repositories,
): ApplicationSource {
  const { spec } = object;
  const several = mapsAt(spec, 'sources');
  const all = several.length > 0 ? several : [mapAt(spec, 'source')];
  const field = several.length > 0 ? 'spec.sources' : 'spec.source';
  const isChart = (source: Fields) => textAt(source, 'chart') !== null;
  const refs = all.filter((source) => textAt(source, 'ref') !== null && textAt(source, 'path') === null);
  const main = all.find((source) => !refs.includes(source));
  const lost = (message: string, at = field) => remark(object, at, { kind: 'untranslated', message });
  if (main === undefined || all.length > refs.length + 1 || refs.length > 1)
    return {
      ...NOTHING,
      remarks: [lost('A target has one source. Write a target for each, or combine them in a kustomization.')],
    };
  const gitSource = isChart(main) ? (refs[0] ?? null) : main;
  const git = gitSource === null ? null : gitOf(gitSource, { object, field, defaultBranch }, repositories);
  const path = isChart(main) ? '' : normalized(textAt(main, 'path') ?? '');
  const settings = helmOf(main, { object, field, path });
  const chart = isChart(main) ? chartOf(main, { object, field }) : { helm: {}, remarks: [] };
  const isHelm = isChart(main) || Object.keys(mapAt(main, 'helm')).length > 0 || isRenderedByHelm(object);
  return {
    git: git?.found ?? null,
    path,
    helm: isHelm && chart.helm !== null ? { ...chart.helm, ...settings.helm } : null,
    directory: mapAt(main, 'directory'),
    isIncomplete: chart.helm === null || (git !== null && git.found === null),
    remarks: [...(git?.remarks ?? []), ...chart.remarks, ...settings.remarks],
  };
}

const NOTHING = { git: null, path: '', helm: null, directory: {}, isIncomplete: true };

/** Argo CD records how it rendered the source. */
const isRenderedByHelm = ({ status }: ForeignObject) => textAt(status, 'sourceType') === 'Helm';

const normalized = (path: string) => joined('', path);

interface At {
  readonly object: ForeignObject;
  readonly field: string;
}

function gitOf(
  source: Fields,
  { object, field, defaultBranch }: At & { readonly defaultBranch: string },
  repositories: Repositories,
): { readonly found: ApplicationSource['git']; readonly remarks: readonly Remark[] } {
  const url = asHttps(textAt(source, 'repoURL') ?? '');
  const refused = (key: string, message: string) => ({
    found: null,
    remarks: [remark(object, `${field}.${key}`, { kind: 'untranslated', message })],
  });
  if (!/^https?:\/\//.test(url))
    return refused('repoURL', 'Headgate reads Git over https. Set the https URL of the repository.');
  const revision = textAt(source, 'targetRevision') ?? 'HEAD';
  if (/^[0-9a-f]{40}$|^v?\d+(?:\.[\dx*]+)+|^refs\/tags\/|[\^~><=*]/.test(revision))
    return refused(
      'targetRevision',
      `A target follows a branch, and ${revision} is not a branch. Set branch to the branch to deploy.`,
    );
  const taken = new Set([...repositories.values()].map(({ name }) => name));
  const short = repositoryName(url);
  const unique = taken.has(short) ? `${short}-${taken.size + 1}` : short;
  const repository = repositories.get(url) ?? { name: unique, host: hostOfUrl(url), url };
  repositories.set(url, repository);
  if (revision !== 'HEAD')
    return { found: { repository, branch: revision.replace(/^refs\/heads\//, '') }, remarks: [] };
  const message = `HEAD means the default branch, which is written as ${defaultBranch}. Correct branch if it has another name.`;
  return {
    found: { repository, branch: defaultBranch },
    remarks: [remark(object, `${field}.targetRevision`, { kind: 'note', message })],
  };
}

function chartOf(
  source: Fields,
  { object, field }: At,
): { readonly helm: Fields | null; readonly remarks: readonly Remark[] } {
  const chart = textAt(source, 'chart') ?? '';
  const url = (textAt(source, 'repoURL') ?? '').replace(/\/$/, '');
  const wanted = textAt(source, 'targetRevision') ?? 'the newest one';
  // Argo CD records the version that it resolved a range to.
  const deployed = textAt(object.status, 'sync.revision');
  const version = [wanted, deployed].find((each) => each !== null && EXACT_VERSION.test(each)) ?? null;
  const at = `${field}.targetRevision`;
  if (version === null) {
    const message = `A chart is pinned by its exact version, and ${wanted} is not. Set helm.version to the deployed one.`;
    return { helm: null, remarks: [remark(object, at, { kind: 'untranslated', message })] };
  }
  const from = /^https?:\/\//.test(url)
    ? { chart, version, repository: url }
    : { oci: `oci://${url.replace(/^oci:\/\//, '')}/${chart}`, version };
  const message = `The deployed version ${version} is written instead of ${wanted}: a chart is pinned by its exact version.`;
  return { helm: from, remarks: version === wanted ? [] : [remark(object, at, { kind: 'note', message })] };
}

function helmOf(
  source: Fields,
  { object, field, path }: At & { readonly path: string },
): { readonly helm: Fields; readonly remarks: readonly Remark[] } {
  const helm = mapAt(source, 'helm');
  const files = textsAt(helm, 'valueFiles').map((file) => valuesPath(file, path));
  const inline = { ...yamlMap(textAt(helm, 'values') ?? '{}'), ...mapAt(helm, 'valuesObject') };
  const values = importValues(inline);
  const parameters = mapsAt(helm, 'parameters').map((parameter) => ({
    name: textAt(parameter, 'name') ?? '',
    value: scalarOf(parameter),
  }));
  const isSettable = ({ name, value }: { name: string; value: unknown }) => !/[[\]{},]/.test(name) && value !== null;
  const set = {
    ...values.set,
    ...Object.fromEntries(parameters.filter(isSettable).map(({ name, value }) => [name, value])),
  };
  const message =
    'helm.set holds only text, numbers, true and false. Commit it in a values file, and list that in helm.values.';
  const lost = [
    ...values.others.map((key) => `${field}.helm.values.${key}`),
    ...parameters.filter((each) => !isSettable(each)).map(({ name }) => `${field}.helm.parameters.${name}`),
    ...files.flatMap((file) => (file === null ? [`${field}.helm.valueFiles`] : [])),
  ];
  const known = files.filter((file) => file !== null);
  return {
    helm: {
      releaseName: textAt(helm, 'releaseName') ?? object.name,
      ...(known.length === 0 ? {} : { values: known }),
      ...(Object.keys(set).length === 0 ? {} : { set }),
    },
    remarks: lost.map((at) => remark(object, at, { kind: 'changes-manifests', message })),
  };
}

/** Relative to the path where it is below it, else from the root of the repository; null: it is not in the repository. */
function valuesPath(file: string, path: string): string | null {
  if (/^[a-z]+:\/\//.test(file)) return null;
  const fromRoot = file.startsWith('$') ? joined('', file.slice(file.indexOf('/') + 1)) : null;
  const whole = fromRoot ?? joined(file.startsWith('/') ? '' : path, file);
  const prefix = path === '' ? '' : `${path}/`;
  return fromRoot === null && whole.startsWith(prefix) ? whole.slice(prefix.length) : `/${whole}`;
}

/** `--set` reads a number or a boolean in a value, unless `forceString`. Null: a list, a map or nothing. */
function scalarOf(parameter: Fields): string | number | boolean | null {
  const text = textAt(parameter, 'value') ?? '';
  if (valueAt(parameter, 'forceString') === true) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null' || text.startsWith('{') || /(?<!\\),/.test(text)) return null;
  return /^-?(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
