import { parseDuration } from '../../../config/written/duration.ts';
import { normalizeDirectory } from '../../../config/written/path.ts';
import { objectsIn } from '../../init/manifests.ts';
import { isOn, mapAt, mapsAt, nameOf, referencedBy, textAt, textsAt } from '../foreign-object.ts';
import type { Fields, ForeignObject } from '../foreign-object.ts';
import { EXACT_VERSION, importValues } from '../helm-values.ts';
import type { ImportedTarget } from '../imported.ts';
import { ignoreRules } from '../ignore-rules.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { Remark } from '../remarks.ts';
import { sourceOf } from './kustomizations.ts';
import type { DeployedParts, FluxContext } from './kustomizations.ts';
import { HELM_RELEASE } from './rules.ts';

interface ImportedChart {
  /** Keys of `helm`; null: the chart is not known. */
  readonly helm: Fields | null;
  /** Of a chart in Git. */
  readonly source: Fields | null;
  readonly path: string | null;
  readonly remarks: readonly Remark[];
}

export function importHelmRelease(
  object: ForeignObject,
  all: readonly DeployedParts[],
  context: FluxContext,
): { readonly target: ImportedTarget; readonly remarks: readonly Remark[] } {
  const { spec, namespace } = object;
  const chart = importChart(object, context);
  const parent = parentOf(object, all);
  const source =
    chart.source === null ? parentSource(object, parent, context) : { settings: chart.source, remarks: [] };
  const values = importValues(mapAt(spec, 'values'));
  const from = valuesFromGit(object, context.installation);
  const listed = [...textsAt(chart.helm ?? {}, 'values'), ...from.files];
  const drift = DRIFT[textAt(spec, 'driftDetection.mode') ?? 'disabled'] ?? 'off';
  const ignored = ignoreRules(mapsAt(spec, 'driftDetection.ignore').map(ignoredBy));
  const found = [
    ...chart.remarks,
    ...source.remarks,
    ...remarksOnFields(object, HELM_RELEASE),
    ...remarksOnValues(object, values.others),
    ...from.remarks,
    ...ignored.lost.map((message) => remark(object, 'spec.driftDetection.ignore', { kind: 'untranslated', message })),
  ];
  const own = textAt(spec, 'targetNamespace');
  const release = textAt(spec, 'releaseName') ?? (own === null ? object.name : `${own}-${object.name}`);
  const name = nameForRelease(object, context);
  const account = textAt(spec, 'serviceAccountName');
  const timeout = textAt(spec, 'timeout');
  const releases = context.installation.objects.filter(({ kind }) => kind === 'HelmRelease');
  const dependsOn = mapsAt(spec, 'dependsOn').flatMap((reference) => {
    const other = referencedBy(reference, releases, { kind: 'HelmRelease', namespace });
    return other === null ? [] : [nameForRelease(other, context)];
  });
  const isSuspended = spec['suspend'] === true || found.some(({ kind }) => kind === 'changes-manifests');
  const path = chart.path ?? parent?.path ?? '';
  const rollsBack =
    textAt(spec, 'upgrade.remediation.strategy') === 'rollback' ||
    isOn(spec, 'upgrade.remediation.remediateLastFailure');
  const settings = {
    name,
    ...source.settings,
    ...(path === '' ? {} : { path }),
    cluster: context.installation.cluster,
    namespace: own ?? namespace,
    // A chart may have objects of any kind, and helm-controller limits none.
    namespaces: ['*'],
    clusterScoped: true,
    ...(isOn(spec, 'install.createNamespace') ? { createNamespace: true } : {}),
    adopt: true,
    ...(account === null ? {} : { serviceAccount: `${namespace}/${account}` }),
    ...(timeout === null || parseDuration(timeout) === null ? {} : { wait: timeout }),
    ...(ignored.rules.length === 0 ? {} : { ignore: ignored.rules }),
    helm: {
      ...chart.helm,
      releaseName: release,
      ...(listed.length === 0 ? {} : { values: listed }),
      ...(Object.keys(values.set).length === 0 ? {} : { set: values.set }),
    },
    ...(drift === 'correct' ? {} : { drift }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(isSuspended ? { suspend: true } : {}),
    ...(rollsBack ? { onFailure: 'rollback' } : {}),
  };
  const isIncomplete =
    source.settings === null || chart.helm === null || textAt(spec, 'kubeConfig.secretRef.name') !== null;
  return { target: { from: nameOf(object), settings, isIncomplete }, remarks: found };
}

const DRIFT: Readonly<Record<string, string>> = { enabled: 'correct', warn: 'report', disabled: 'off' };

export function nameForRelease(object: ForeignObject, { nameFor }: Pick<FluxContext, 'nameFor'>): string {
  return nameFor(nameOf(object), object.name, `${object.namespace}-${object.name}`, `${object.name}-chart`);
}

function ignoredBy(rule: Fields): Fields {
  return { ...mapAt(rule, 'target'), jsonPointers: textsAt(rule, 'paths') };
}

function importChart(object: ForeignObject, context: FluxContext): ImportedChart {
  const { objects } = context.installation;
  const { spec, namespace } = object;
  const direct = mapAt(spec, 'chartRef');
  const nothing = { helm: null, source: null, path: null };
  if (textAt(direct, 'name') !== null) {
    const found = referencedBy(direct, objects, { kind: 'OCIRepository', namespace });
    const oci = found?.kind === 'OCIRepository' ? textAt(found.spec, 'url') : null;
    if (found === null || oci === null) return { ...nothing, remarks: [notFound(object, 'spec.chartRef')] };
    return pinned({ oci }, textAt(found.spec, 'ref.tag'), { object, field: 'spec.chartRef' });
  }
  const reference = mapAt(spec, 'chart.spec.sourceRef');
  const chart = textAt(spec, 'chart.spec.chart') ?? '';
  const version = textAt(spec, 'chart.spec.version');
  if (textAt(reference, 'kind') === 'GitRepository') {
    const path = normalizeDirectory(chart);
    const source = sourceOf(reference, object, context, 'spec.chart.spec.sourceRef');
    const files = [...textsAt(spec, 'chart.spec.valuesFiles'), textAt(spec, 'chart.spec.valuesFile') ?? ''];
    const values = files.filter((file) => file !== '').map(normalizeDirectory);
    const listed = values.length === 0 ? {} : { values: values.map((file) => `/${file}`) };
    return { helm: listed, source: source.settings, path, remarks: source.remarks };
  }
  const found = referencedBy(reference, objects, { kind: 'HelmRepository', namespace });
  const url = found?.kind === 'HelmRepository' ? textAt(found.spec, 'url') : null;
  if (url === null) return { ...nothing, remarks: [notFound(object, 'spec.chart.spec.sourceRef')] };
  const from = url.startsWith('oci://') ? { oci: `${url.replace(/\/$/, '')}/${chart}` } : { chart, repository: url };
  return pinned(from, version, { object, field: 'spec.chart.spec.version' });
}

/** With the exact version that is wanted, or else the one that is deployed. */
function pinned(
  from: Fields,
  wanted: string | null,
  { object, field }: { readonly object: ForeignObject; readonly field: string },
): ImportedChart {
  const [newest] = mapsAt(object.status, 'history');
  const deployed = textAt(newest, 'chartVersion');
  const version = [wanted, deployed].find((each) => each !== null && EXACT_VERSION.test(each)) ?? null;
  const found = { source: null, path: null };
  if (version === null) {
    const message = `A chart is pinned by its exact version, and ${wanted ?? 'the newest one'} is not. Set helm.version to the one that helm list shows.`;
    return { ...found, helm: null, remarks: [remark(object, field, { kind: 'untranslated', message })] };
  }
  const message = `The deployed version ${version} is written instead of ${wanted ?? 'the newest one'}: a chart is pinned by its exact version.`;
  const remarks = version === wanted ? [] : [remark(object, field, { kind: 'note', message })];
  return { ...found, helm: { ...from, version }, remarks };
}

function notFound(object: ForeignObject, field: string): Remark {
  const message = 'The source of the chart was not found, or is not one of charts. Pass the file that defines it too.';
  return remark(object, field, { kind: 'untranslated', message });
}

/** The Kustomization that deploys the HelmRelease. */
function parentOf(object: ForeignObject, all: readonly DeployedParts[]): DeployedParts | null {
  const labels = mapAt(object.metadata, 'labels');
  const name = labels['kustomize.toolkit.fluxcd.io/name'];
  const namespace = labels['kustomize.toolkit.fluxcd.io/namespace'];
  const isIn = ({ objects }: DeployedParts) =>
    objects?.some((each) => each.kind === 'HelmRelease' && each.name === object.name) === true;
  return all.find((each) => each.object.name === name && each.object.namespace === namespace) ?? all.find(isIn) ?? null;
}

/** A chart from outside of Git still belongs to a repository: that of its HelmRelease. */
function parentSource(
  object: ForeignObject,
  parent: DeployedParts | null,
  context: FluxContext,
): { readonly settings: Fields | null; readonly remarks: readonly Remark[] } {
  if (parent !== null) return sourceOf(mapAt(parent.object.spec, 'sourceRef'), parent.object, context);
  const [only, ...others] = [...context.sources.values()];
  if (only !== undefined && others.length === 0 && only.branch !== null)
    return { settings: { repository: only.repository.name, branch: only.branch }, remarks: [] };
  const message = 'It is not known which repository it comes from. Set repository and branch of the target.';
  return { settings: null, remarks: [remark(object, 'metadata', { kind: 'untranslated', message })] };
}

function remarksOnValues(object: ForeignObject, others: readonly string[]): readonly Remark[] {
  return others.map((path) => {
    const message =
      'helm.set holds only text, numbers, true and false. Commit it in a values file, and list that in helm.values.';
    return remark(object, `spec.values.${path}`, { kind: 'changes-manifests', message });
  });
}

/** A ConfigMap that is a file of the repository is an entry of `helm.values`; others are lost. */
function valuesFromGit(
  object: ForeignObject,
  { clone }: Pick<FluxContext['installation'], 'clone'>,
): { readonly files: readonly string[]; readonly remarks: readonly Remark[] } {
  const references = mapsAt(object.spec, 'valuesFrom').map((reference) => {
    const isWhole = textAt(reference, 'kind') === 'ConfigMap' && textAt(reference, 'targetPath') === null;
    const key = textAt(reference, 'valuesKey') ?? 'values.yaml';
    const name = textAt(reference, 'name') ?? '';
    const file =
      isWhole && clone !== null ? configMapFile(clone.files, { name, namespace: object.namespace, key }) : null;
    return { reference, file: file === null ? null : `/${file}#${key}` };
  });
  return {
    files: references.flatMap(({ file }) => (file === null ? [] : [file])),
    remarks: references.flatMap(({ reference, file }) => (file === null ? [lostReference(object, reference)] : [])),
  };
}

function configMapFile(
  files: ReadonlyMap<string, string>,
  { name, namespace, key }: { readonly name: string; readonly namespace: string; readonly key: string },
): string | null {
  const found = [...files].find(([, text]) =>
    objectsIn(text).some(
      (each) =>
        each.kind === 'ConfigMap' &&
        textAt(each.object, 'metadata.name') === name &&
        [null, namespace].includes(each.namespace) &&
        typeof mapAt(each.object, 'data')[key] === 'string',
    ),
  );
  return found?.[0] ?? null;
}

function lostReference(object: ForeignObject, reference: Fields): Remark {
  const name = textAt(reference, 'name') ?? '';
  const message =
    textAt(reference, 'kind') === 'ConfigMap'
      ? `Headgate reads no values from the cluster. Commit ConfigMap ${name}, and list its file in helm.values: "/FILE#${textAt(reference, 'valuesKey') ?? 'values.yaml'}".`
      : `Headgate reads no values from a Secret. Change the chart so that it refers to Secret ${name} by name.`;
  return remark(object, 'spec.valuesFrom[]', { kind: 'changes-manifests', message });
}
