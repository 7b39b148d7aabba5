import { globError } from '../../../config/written/glob.ts';
import { isBelow, isForeign, objectsIn } from '../../init/manifests.ts';
import { clusterName } from '../../init/names.ts';
import { isOn, mapAt, mapsAt, nameOf, textAt, textsAt } from '../foreign-object.ts';
import type { Fields, ForeignObject } from '../foreign-object.ts';
import { ignoreRules } from '../ignore-rules.ts';
import type { DeployedObject, ForeignInstallation, ImportedRepository, ImportedTarget } from '../imported.ts';
import type { NameFor } from '../names.ts';
import { placement } from '../placement.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { Remark, FieldRule } from '../remarks.ts';
import { APPLICATION, SYNC_OPTIONS } from './rules.ts';
import { sourceOf } from './sources.ts';
import type { ApplicationSource } from './sources.ts';

export interface ArgoContext {
  readonly installation: ForeignInstallation;
  readonly nameFor: NameFor;
  /** By URL. It grows as Applications name them. */
  readonly repositories: Map<string, ImportedRepository>;
  readonly otherContexts: Set<string>;
}

export interface ImportedApplication {
  /** Null: it deploys only Applications. */
  readonly target: ImportedTarget | null;
  readonly remarks: readonly Remark[];
}

export function importApplication(object: ForeignObject, context: ArgoContext): ImportedApplication {
  const { installation } = context;
  const { spec } = object;
  const source = sourceOf(object, installation, context.repositories);
  const objects = objectsOf(object, source, installation);
  const own = objects?.filter(({ group }) => group !== 'argoproj.io') ?? null;
  if (objects !== null && objects.length > 0 && own?.length === 0)
    return { target: null, remarks: [deploysNothing(object)] };
  const destination = clusterOf(object, context);
  const directory = directoryOf(object, source, installation);
  const ignored = ignoreRules(mapsAt(spec, 'ignoreDifferences'));
  const options = syncOptions(spec);
  const remarks = [
    ...source.remarks,
    ...destination.remarks,
    ...directory.remarks,
    ...remarksOnFields(object, APPLICATION),
    ...remarksOnMetadata(object),
    ...remarksOnOptions(object, options),
    ...ignored.lost.map((message) => remark(object, 'spec.ignoreDifferences', { kind: 'untranslated', message })),
    ...remarksOnApplications(object, objects, directory.excludesForeign),
  ];
  const automated = mapAt(spec, 'syncPolicy.automated');
  const isAutomatic = 'automated' in mapAt(spec, 'syncPolicy') && automated['enabled'] !== false;
  const manual: FieldRule = {
    kind: 'untranslated',
    message: 'Headgate deploys every push. The target is suspended: remove suspend to deploy pushes.',
  };
  const sync = isAutomatic ? [] : [remark(object, 'spec.syncPolicy', manual)];
  const isSuspended = !isAutomatic || remarks.some(({ kind }) => kind === 'changes-manifests');
  const prunes = isOn(automated, 'prune') && options.get('Prune') !== 'false';
  const canEmpty = isOn(automated, 'allowEmpty');
  const repository = source.git?.repository ?? onlyOf(context.repositories);
  const settings = {
    name: context.nameFor(nameOf(object), object.name, `${object.namespace}-${object.name}`),
    ...(repository === null ? {} : { repository: repository.name }),
    branch: source.git?.branch ?? installation.branch,
    ...(source.path === '' ? {} : { path: source.path }),
    cluster: destination.cluster,
    ...placement(own ?? projectObjects(object, installation), textAt(spec, 'destination.namespace')),
    ...(options.get('CreateNamespace') === 'true' ? { createNamespace: true } : {}),
    adopt: true,
    ...(prunes && !canEmpty ? {} : { prune: prunes ? { empty: true } : { enabled: false } }),
    ...(ignored.rules.length === 0 ? {} : { ignore: ignored.rules }),
    ...(directory.exclude.length === 0 ? {} : { exclude: directory.exclude }),
    ...(source.helm === null ? {} : { helm: source.helm }),
    ...(isOn(automated, 'selfHeal') ? {} : { drift: 'report' }),
    ...(isSuspended ? { suspend: true } : {}),
  };
  const isIncomplete = source.isIncomplete || repository === null || destination.isUnknown;
  return { target: { from: nameOf(object), settings, isIncomplete }, remarks: [...remarks, ...sync] };
}

function onlyOf(repositories: ReadonlyMap<string, ImportedRepository>): ImportedRepository | null {
  const [only, ...others] = repositories.values();
  return others.length === 0 ? (only ?? null) : null;
}

/** What the path has in Git, or else what Argo CD reports to have deployed. */
function objectsOf(
  { status }: ForeignObject,
  source: ApplicationSource,
  { clone, contents }: ForeignInstallation,
): readonly DeployedObject[] | null {
  if (clone !== null) return source.helm === null ? (contents.get(source.path)?.objects ?? null) : null;
  if (!('resources' in status)) return null;
  return mapsAt(status, 'resources').map((resource) => {
    const namespace = textAt(resource, 'namespace');
    const [group, kind] = [textAt(resource, 'group') ?? '', textAt(resource, 'kind') ?? ''];
    return { group, kind, namespace, name: textAt(resource, 'name') ?? '', isClusterScoped: namespace === null };
  });
}

/** The namespaces that its project lists, if none of them is a pattern; null: anywhere. */
function projectObjects(object: ForeignObject, { objects }: ForeignInstallation): readonly DeployedObject[] | null {
  const name = textAt(object.spec, 'project') ?? 'default';
  const project = objects.find((each) => each.kind === 'AppProject' && each.name === name);
  if (project === undefined) return null;
  const namespaces = mapsAt(project.spec, 'destinations').map((each) => textAt(each, 'namespace') ?? '*');
  const mayBeClusterScoped = mapsAt(project.spec, 'clusterResourceWhitelist').length > 0;
  if (namespaces.length === 0 || namespaces.some((namespace) => /[*!?]/.test(namespace))) return null;
  return namespaces.map((namespace) => ({
    group: '',
    kind: '',
    name: '',
    namespace,
    isClusterScoped: mayBeClusterScoped,
  }));
}

const IN_CLUSTER = new Set(['https://kubernetes.default.svc', 'https://kubernetes.default.svc:443']);

function clusterOf(
  object: ForeignObject,
  { installation, otherContexts }: ArgoContext,
): { readonly cluster: string; readonly isUnknown: boolean; readonly remarks: readonly Remark[] } {
  const server = textAt(object.spec, 'destination.server');
  const name = textAt(object.spec, 'destination.name');
  const { cluster, contexts } = installation;
  if (name === 'in-cluster' || (server !== null && IN_CLUSTER.has(server)))
    return { cluster, isUnknown: false, remarks: [] };
  if (name !== null && contexts.includes(name)) {
    otherContexts.add(name);
    return { cluster: clusterName(name), isUnknown: false, remarks: [] };
  }
  const message = `Add the cluster ${name ?? server ?? ''} to clusters, and set it as the cluster of the target.`;
  const remarks = [remark(object, 'spec.destination', { kind: 'untranslated', message })];
  return { cluster: clusterName(name ?? 'unknown'), isUnknown: true, remarks };
}

interface ImportedDirectory {
  readonly exclude: readonly string[];
  readonly excludesForeign: boolean;
  readonly remarks: readonly Remark[];
}

/** Argo CD reads a folder without the folders below it, unless `recurse`. */
function directoryOf(
  object: ForeignObject,
  { path, directory }: ApplicationSource,
  { clone, contents }: ForeignInstallation,
): ImportedDirectory {
  const isPlain =
    clone === null ? textAt(object.status, 'sourceType') === 'Directory' : contents.get(path)?.renderer === 'plain';
  if (!isPlain && Object.keys(directory).length === 0) return { exclude: [], excludesForeign: false, remarks: [] };
  const relative = (file: string) => (path === '' ? file : file.slice(path.length + 1));
  const recurses = isOn(directory, 'recurse');
  const foreign = [...(clone?.files ?? [])].flatMap(([file, text]) =>
    isBelow(file, path) && objectsIn(text).some(isForeign) ? [relative(file)] : [],
  );
  const written = textAt(directory, 'exclude');
  const error = written === null ? null : globError(written);
  const message = `exclude does not understand ${written ?? ''}. Write it as globs.`;
  return {
    exclude: [
      ...(recurses ? [] : ['*/**']),
      ...(written === null || error !== null ? [] : [written]),
      ...foreign.filter((file) => recurses || !file.includes('/')),
    ],
    excludesForeign: clone !== null,
    remarks:
      error === null ? [] : [remark(object, 'spec.source.directory.exclude', { kind: 'changes-manifests', message })],
  };
}

function syncOptions(spec: Fields): ReadonlyMap<string, string> {
  return new Map(
    textsAt(spec, 'syncPolicy.syncOptions').map((option) => {
      const [name = '', value = 'true'] = option.split('=');
      return [name, value];
    }),
  );
}

function remarksOnOptions(object: ForeignObject, options: ReadonlyMap<string, string>): readonly Remark[] {
  return [...options].flatMap(([name, value]) => {
    const rule = SYNC_OPTIONS[name]?.[value];
    const unknown: FieldRule = { kind: 'untranslated', message: 'headgate import does not know this option.' };
    const found = rule === undefined ? unknown : rule;
    return found === null ? [] : [remark(object, `spec.syncPolicy.syncOptions[${name}=${value}]`, found)];
  });
}

const FINALIZER = 'resources-finalizer.argocd.argoproj.io';
/** Annotations that Argo CD sets itself, or that say where the Application comes from. */
const OWN_ANNOTATIONS = new Set([
  'argocd.argoproj.io/tracking-id',
  'argocd.argoproj.io/refresh',
  'argocd.argoproj.io/hydrate',
]);

function remarksOnMetadata(object: ForeignObject): readonly Remark[] {
  const { metadata } = object;
  const isFinal = textsAt(metadata, 'finalizers').some((each) => each.startsWith(FINALIZER));
  const message = `Deleting ${nameOf(object)} deletes what it deployed. Delete it with argocd app delete --cascade=false.`;
  const finalizer = isFinal ? [remark(object, 'metadata.finalizers', { kind: 'note', message })] : [];
  const annotations = Object.keys(mapAt(metadata, 'annotations')).filter(
    (key) => /argocd|argoproj\.io/.test(key) && !OWN_ANNOTATIONS.has(key),
  );
  return [
    ...finalizer,
    ...annotations.map((key) => remark(object, `metadata.annotations[${key}]`, annotationRule(key))),
  ];
}

function annotationRule(key: string): NonNullable<FieldRule> {
  if (key === 'argocd.argoproj.io/sync-wave') return { kind: 'untranslated', message: 'Order targets by dependsOn.' };
  if (key === 'argocd.argoproj.io/manifest-generate-paths')
    return {
      kind: 'note',
      message: 'Headgate finds out what a kustomization reads. List paths outside of path in inputs.',
    };
  if (key.startsWith('notifications.'))
    return {
      kind: 'untranslated',
      message: 'Notifications are not imported. Headgate writes commit statuses, Events and a log.',
    };
  return { kind: 'untranslated', message: 'headgate import does not know this annotation.' };
}

function remarksOnApplications(
  object: ForeignObject,
  objects: readonly DeployedObject[] | null,
  excludesForeign: boolean,
): readonly Remark[] {
  const foreign = (objects ?? []).filter(({ group }) => group === 'argoproj.io');
  if (foreign.length === 0 || excludesForeign) return [];
  const names = foreign.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const message = `Headgate would apply ${names} as they are. Remove them from the path before Headgate deploys; docs/migrate.md has the order.`;
  return [remark(object, 'spec.source.path', { kind: 'note', message })];
}

function deploysNothing(object: ForeignObject): Remark {
  const message = 'It deploys only objects of Argo CD, which need no target.';
  return remark(object, 'spec.source.path', { kind: 'note', message });
}
