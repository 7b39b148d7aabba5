import { parseDuration } from '../../../config/written/duration.ts';
import { normalizeDirectory } from '../../../config/written/path.ts';
import { findTargets } from '../../init/find-targets.ts';
import { variableOf } from '../../init/format-config.ts';
import { isBelow, isForeign, objectsIn } from '../../init/manifests.ts';
import { listAt, mapAt, mapsAt, nameOf, referencedBy, textAt, valueAt } from '../foreign-object.ts';
import type { Fields, ForeignObject } from '../foreign-object.ts';
import type { DeployedObject, ForeignInstallation, ImportedTarget } from '../imported.ts';
import type { NameFor } from '../names.ts';
import { deployedObject } from '../path-content.ts';
import { placement } from '../placement.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { Remark, FieldRule } from '../remarks.ts';
import type { GitSource } from './git-sources.ts';
import { KUSTOMIZATION } from './rules.ts';

export interface FluxContext {
  readonly installation: ForeignInstallation;
  readonly sources: ReadonlyMap<string, GitSource>;
  readonly nameFor: NameFor;
}

/** What one Kustomization deploys without Flux: a target for each part. */
export interface DeployedParts {
  readonly object: ForeignObject;
  readonly path: string;
  readonly parts: readonly Part[];
  /** All of its objects, those of Flux too; null: not known. */
  readonly objects: readonly DeployedObject[] | null;
  readonly remarks: readonly Remark[];
}

interface Part {
  readonly name: string;
  readonly path: string;
  readonly exclude: readonly string[];
  readonly objects: readonly DeployedObject[] | null;
}

export function partsOf(object: ForeignObject, { installation, nameFor }: FluxContext): DeployedParts {
  const path = normalizeDirectory(textAt(object.spec, 'path') ?? '');
  const content = installation.contents.get(path);
  const isRead = installation.clone !== null;
  const objects = isRead ? (content?.objects ?? null) : inventoryOf(object);
  const part = (at: Pick<Part, 'path' | 'exclude' | 'objects'>): Part => {
    const below = at.path.slice(path.length);
    const key = `${nameOf(object)}${below}`;
    return { ...at, name: nameFor(key, `${object.name}${below}`, `${object.namespace}-${object.name}${below}`) };
  };
  const own = objects === null ? null : objects.filter(isOthers(objects, object.namespace));
  const found = { object, path, objects, remarks: [] };
  if (own !== null && own.length === 0) return { ...found, parts: [], remarks: [deploysNothing(object)] };
  if (isRead && content?.renderer === 'plain') {
    const plain = plainParts(path, installation.clone?.files ?? new Map<string, string>());
    const parts = plain.parts.map((at) =>
      part({ objects: plain.isWhole ? [...(own ?? []), ...plain.mixed] : null, ...at }),
    );
    if (plain.mixed.length === 0) return { ...found, parts };
    return { ...found, parts, remarks: [plain.isWhole ? appliesForeign(object, plain.mixed) : excludesOthers(object)] };
  }
  if (own !== null && objects !== null && objects.some(isDefinitionOfFlux))
    return { ...found, parts: [], remarks: [deploysFlux(object, own)] };
  const foreign = (objects ?? []).filter((each) => isForeign({ apiVersion: `${each.group}/` }));
  return {
    ...found,
    parts: [part({ path, exclude: [], objects: own === null ? null : [...own, ...foreign] })],
    remarks: foreign.length === 0 ? [] : [appliesForeign(object, foreign)],
  };
}

/** What `kustomize-controller` records: `namespace_name_group_kind`, with `__` for a colon. */
function inventoryOf({ status }: ForeignObject): readonly DeployedObject[] | null {
  if (valueAt(status, 'inventory.entries') === undefined) return null;
  return mapsAt(status, 'inventory.entries').flatMap((entry) => {
    const [, namespace = '', name = '', group = '', kind = ''] =
      /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(textAt(entry, 'id') ?? '') ?? [];
    const isClusterScoped = namespace === '';
    return [{ group, kind, name, namespace: isClusterScoped ? null : namespace, isClusterScoped }];
  });
}

const isDefinitionOfFlux = ({ kind, name }: DeployedObject) =>
  kind === 'CustomResourceDefinition' && name.endsWith('.toolkit.fluxcd.io');

/** Is an object neither of Flux's kinds, nor, where a Kustomization installs Flux, a part of Flux? */
function isOthers(all: readonly DeployedObject[], fluxNamespace: string) {
  const installsFlux = all.some(isDefinitionOfFlux);
  return (each: DeployedObject): boolean => {
    if (isForeign({ apiVersion: `${each.group}/` })) return false;
    if (!installsFlux) return true;
    const isPart =
      isDefinitionOfFlux(each) ||
      each.namespace === fluxNamespace ||
      (each.kind === 'Namespace' && each.name === fluxNamespace) ||
      (each.isClusterScoped && each.name.includes('flux'));
    return !isPart;
  };
}

/** Flux reads a folder without a kustomization as a whole, with the kustomizations below it. */
function plainParts(path: string, files: ReadonlyMap<string, string>): PlainParts {
  const fluxFolders = [...files.keys()].flatMap((file) =>
    file.endsWith('/gotk-components.yaml') ? [file.slice(0, file.lastIndexOf('/'))] : [],
  );
  const relative = (file: string) => (path === '' ? file : file.slice(path.length + 1));
  const ofFlux = fluxFolders.filter((folder) => isBelow(folder, path));
  const below = [...files].filter(([file]) => isBelow(file, path) && !ofFlux.some((folder) => isBelow(file, folder)));
  const { targets } = findTargets(new Map(below.map(([file, text]) => [relative(file), text])));
  const read = below.map(([file, text]) => ({ file: relative(file), objects: objectsIn(text) }));
  const isOnlyForeign = ({ objects }: (typeof read)[number]) => objects.length > 0 && objects.every(isForeign);
  const mixed = read.flatMap((each) => (isOnlyForeign(each) ? [] : each.objects.filter(isForeign).map(deployedObject)));
  if (targets.some(({ renderer }) => renderer !== 'plain')) {
    const parts = targets.map((target) => ({
      path: [path, target.path].filter((part) => part !== '').join('/'),
      exclude: target.exclude,
    }));
    return { parts, mixed, isWhole: false };
  }
  const foreign = read.filter(isOnlyForeign).map(({ file }) => file);
  const exclude = [...ofFlux.map((folder) => `${relative(folder)}/**`), ...foreign];
  return { parts: [{ path, exclude }], mixed, isWhole: true };
}

interface PlainParts {
  readonly parts: readonly Pick<Part, 'path' | 'exclude'>[];
  /** The objects of Flux in files that hold others too. */
  readonly mixed: readonly DeployedObject[];
  /** Is it one target for the whole path? */
  readonly isWhole: boolean;
}

export function importKustomization(
  { object, parts, remarks }: DeployedParts,
  all: readonly DeployedParts[],
  context: FluxContext,
): { readonly targets: readonly ImportedTarget[]; readonly remarks: readonly Remark[] } {
  const { spec, namespace } = object;
  if (parts.length === 0) return { targets: [], remarks };
  const source = sourceOf(mapAt(spec, 'sourceRef'), object, context);
  const decryption = decryptionOf(object);
  const found = [
    ...remarks,
    ...remarksOnFields(object, KUSTOMIZATION),
    ...source.remarks,
    ...decryption.remarks,
    ...remarksOnDependencies(object, all),
    ...remarksOnNamespace(object, parts),
    ...remarksOnVariables(object),
  ];
  const isSuspended = spec['suspend'] === true || found.some(({ kind }) => kind === 'changes-manifests');
  const account = textAt(spec, 'serviceAccountName');
  const timeout = textAt(spec, 'timeout');
  const isAwaited = spec['wait'] === true || listAt(spec, 'healthChecks').length > 0;
  const variables = mapAt(spec, 'postBuild.substitute');
  const dependsOn = dependencies(object, all).flatMap((each) => each.parts.map(({ name }) => name));
  const targets = parts.map((part): ImportedTarget => ({
    from: nameOf(object),
    isIncomplete: source.settings === null || textAt(spec, 'kubeConfig.secretRef.name') !== null,
    settings: {
      name: part.name,
      ...source.settings,
      ...(part.path === '' ? {} : { path: part.path }),
      cluster: context.installation.cluster,
      ...placement(part.objects, textAt(spec, 'targetNamespace')),
      adopt: true,
      ...(account === null ? {} : { serviceAccount: `${namespace}/${account}` }),
      ...(spec['prune'] === true ? {} : { prune: { enabled: false } }),
      ...(isAwaited && timeout !== null && parseDuration(timeout) !== null ? { wait: timeout } : {}),
      ...(part.exclude.length === 0 ? {} : { exclude: part.exclude }),
      ...(spec['postBuild'] === undefined ? {} : { substitute: { variables } }),
      ...decryption.settings,
      ...(dependsOn.length === 0 ? {} : { dependsOn }),
      ...(isSuspended ? { suspend: true } : {}),
    },
  }));
  return { targets, remarks: found };
}

/** The repository and branch of a source; null, with the reason, when a target cannot follow it. */
export function sourceOf(
  reference: Fields,
  object: ForeignObject,
  { sources }: Pick<FluxContext, 'sources'>,
  field = 'spec.sourceRef',
): { readonly settings: Fields | null; readonly remarks: readonly Remark[] } {
  const kind = textAt(reference, 'kind') ?? 'GitRepository';
  const name = textAt(reference, 'name') ?? '';
  const key = nameOf({ kind, namespace: textAt(reference, 'namespace') ?? object.namespace, name });
  const source = sources.get(key);
  const refused = (message: string) => ({
    settings: null,
    remarks: [remark(object, field, { kind: 'untranslated', message })],
  });
  if (kind !== 'GitRepository') return refused(`${key} is not in Git. Commit its manifests to a repository.`);
  if (source === undefined)
    return refused(`${key} was not found, or has no https URL. Pass the file that defines it too.`);
  const { repository, branch } = source;
  if (branch === null) return refused(`${key} follows no branch. Set branch to the one to deploy.`);
  return { settings: { repository: repository.name, branch }, remarks: [] };
}

function dependencies({ spec, namespace }: ForeignObject, all: readonly DeployedParts[]): readonly DeployedParts[] {
  const objects = all.map(({ object }) => object);
  return mapsAt(spec, 'dependsOn').flatMap((reference) => {
    const found = referencedBy(reference, objects, { kind: 'Kustomization', namespace });
    return all.filter(({ object }) => object === found);
  });
}

function remarksOnDependencies(object: ForeignObject, all: readonly DeployedParts[]): readonly Remark[] {
  const objects = all.map((each) => each.object);
  return mapsAt(object.spec, 'dependsOn').flatMap((reference) => {
    const found = referencedBy(reference, objects, { kind: 'Kustomization', namespace: object.namespace });
    const unknown: FieldRule = { kind: 'untranslated', message: `${textAt(reference, 'name') ?? ''} was not found.` };
    const expression: FieldRule = { kind: 'untranslated', message: 'A dependency is ready when its objects are.' };
    return [
      ...(found === null ? [remark(object, 'spec.dependsOn[]', unknown)] : []),
      ...(reference['readyExpr'] === undefined ? [] : [remark(object, 'spec.dependsOn[].readyExpr', expression)]),
    ];
  });
}

function remarksOnNamespace(object: ForeignObject, parts: readonly Part[]): readonly Remark[] {
  const own = textAt(object.spec, 'targetNamespace');
  if (own === null) return [];
  const others = parts.some((part) => part.objects?.some(({ namespace }) => namespace !== null && namespace !== own));
  const message = 'Flux sets it on all objects, Headgate only on objects without a namespace.';
  if (!others) return [remark(object, 'spec.targetNamespace', { kind: 'note', message })];
  const remedy = 'Set namespace in the kustomization file.';
  return [remark(object, 'spec.targetNamespace', { kind: 'changes-manifests', message: `${message} ${remedy}` })];
}

function remarksOnVariables(object: ForeignObject): readonly Remark[] {
  return mapsAt(object.spec, 'postBuild.substituteFrom').map((reference) => {
    const from = `${textAt(reference, 'kind') ?? ''} ${textAt(reference, 'name') ?? ''}`;
    const message = `Copy what is needed of ${from} to substitute.variables: Headgate reads no values from the cluster.`;
    return remark(object, 'spec.postBuild.substituteFrom[]', { kind: 'changes-manifests', message });
  });
}

function decryptionOf(object: ForeignObject): { readonly settings: Fields; readonly remarks: readonly Remark[] } {
  if (object.spec['decryption'] === undefined) return { settings: {}, remarks: [] };
  const secret = textAt(object.spec, 'decryption.secretRef.name');
  const variable = `${variableOf(object.name)}_AGE_KEY`;
  const message =
    secret === null
      ? 'Headgate decrypts with AWS KMS and age keys, and uses its own AWS credentials.'
      : `Export the age key of Secret ${object.namespace}/${secret} as ${variable}. Keys of OpenPGP and Vault are not supported.`;
  return {
    settings: { decryption: secret === null ? { kms: true } : { age: `env:${variable}` } },
    remarks: [remark(object, 'spec.decryption', { kind: 'note', message })],
  };
}

function deploysNothing(object: ForeignObject): Remark {
  const message = 'It deploys only objects of Flux, which need no target.';
  return remark(object, 'spec.path', { kind: 'note', message });
}

function deploysFlux(object: ForeignObject, own: readonly DeployedObject[]): Remark {
  const names = own.slice(0, 3).map(({ kind, name }) => `${kind} ${name}`);
  const message = `It deploys Flux itself and ${own.length} other objects: ${names.join(', ')}. Move these to a separate path.`;
  return remark(object, 'spec.path', { kind: 'untranslated', message });
}

function excludesOthers(object: ForeignObject): Remark {
  const message = 'Files that hold objects of Flux and others are in exclude of the targets. Split them.';
  return remark(object, 'spec.path', { kind: 'untranslated', message });
}

function appliesForeign(object: ForeignObject, foreign: readonly DeployedObject[]): Remark {
  const names = foreign.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const message = `Headgate would apply ${names} as they are. Suspend them before Headgate deploys, and remove them from Git afterwards; docs/migrate.md has the order.`;
  return remark(object, 'spec.path', { kind: 'note', message });
}
