import { directoryAbove, directoryGlobError, matchDirectory } from '../../../config/written/directory-glob.ts';
import { isNamespace } from '../../../config/written/names.ts';
import { folderOf, isMap } from '../../init/manifests.ts';
import { listAt, mapAt, mapsAt, nameOf, textAt } from '../foreign-object.ts';
import type { Fields, ForeignObject } from '../foreign-object.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { Remark } from '../remarks.ts';
import { importApplication } from './applications.ts';
import type { ArgoContext, ImportedApplication } from './applications.ts';
import { APPLICATION_SET } from './rules.ts';

export interface ImportedSet {
  readonly imported: readonly ImportedApplication[];
  /** Its Applications are covered by a template, and not imported one by one. */
  readonly isTemplate: boolean;
  readonly remarks: readonly Remark[];
}

/** A generator of Git directories is `forEach`; a list is a target for each of its elements. */
export function importApplicationSet(object: ForeignObject, context: ArgoContext): ImportedSet {
  const remarks = remarksOnFields(object, APPLICATION_SET);
  const generators = mapsAt(object.spec, 'generators');
  const [only] = generators;
  const kind = Object.keys(only ?? {})[0] ?? '';
  const children = context.installation.objects.filter((each) => isChildOf(each, object));
  if (generators.length === 1 && only !== undefined && kind === 'git' && only['git'] !== undefined) {
    const template = importTemplate(object, mapAt(only, 'git'), { ...context, children });
    if (template !== null) return { ...template, remarks: [...remarks, ...template.remarks] };
  }
  if (children.length > 0) {
    const message = `It is imported as the ${children.length} Applications that it has generated: add a target for each new one.`;
    return {
      imported: [],
      isTemplate: false,
      remarks: [...remarks, remark(object, 'spec.generators', { kind: 'note', message })],
    };
  }
  const isList = generators.every((generator) => 'list' in generator);
  if (isList && generators.length > 0) {
    const elements = generators.flatMap((generator) => listAt(generator, 'list.elements').filter(isMap));
    return {
      imported: elements.map((element) => importApplication(filled(object, element), context)),
      isTemplate: false,
      remarks,
    };
  }
  const message = `The generator ${kind} has no equivalent. Import from the cluster, where its Applications exist, or write a target for each.`;
  const lost = remark(object, 'spec.generators', { kind: 'untranslated', message });
  return { imported: [], isTemplate: false, remarks: [...remarks, lost] };
}

export function isChildOf({ metadata, namespace, kind }: ForeignObject, set: ForeignObject): boolean {
  return (
    kind === 'Application' &&
    namespace === set.namespace &&
    mapsAt(metadata, 'ownerReferences').some((each) => each['kind'] === 'ApplicationSet' && each['name'] === set.name)
  );
}

/** The Application of one element: `{{cluster}}` and `{{.cluster}}` are its values. */
function filled(object: ForeignObject, element: Fields): ForeignObject {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fill(child)]));
    if (typeof value !== 'string') return value;
    return value.replaceAll(/\{\{-?\s*\.?([\w.-]+)\s*-?\}\}/g, (whole, key: string) => textOf(element, key) ?? whole);
  };
  const template = fill(mapAt(object.spec, 'template'));
  const name = textAt(template, 'metadata.name') ?? object.name;
  return { ...object, kind: 'Application', name, metadata: mapAt(template, 'metadata'), spec: mapAt(template, 'spec') };
}

function textOf(element: Fields, key: string): string | null {
  const value =
    element[key] ?? key.split('.').reduce<unknown>((at, part) => (isMap(at) ? at[part] : undefined), element);
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;
}

/** What a template may say of its directory, in both dialects of Argo CD, and as headgate.yml writes it. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/\{\{\s*\.?path\.(?:path\.)?basename(?:Normalized)?\s*\}\}/g, '{{basename}}'],
  [/\{\{\s*path\[(\d+)\]\s*\}\}/g, '{{segment.$1}}'],
  [/\{\{\s*index\s+\.path\.segments\s+(\d+)\s*\}\}/g, '{{segment.$1}}'],
  [/\{\{\s*(?:path|\.path\.path)\s*\}\}/g, '{{path}}'],
];

function translated(text: string): string {
  return PLACEHOLDERS.reduce((sum, [pattern, placeholder]) => sum.replaceAll(pattern, placeholder), text);
}

type TemplateContext = ArgoContext & { readonly children: readonly ForeignObject[] };

/** Null: it has no equivalent as a template. */
function importTemplate(object: ForeignObject, git: Fields, context: TemplateContext): ImportedSet | null {
  const directories = mapsAt(git, 'directories');
  const globs = directories.flatMap((each) => (each['exclude'] === true ? [] : [textAt(each, 'path') ?? '']));
  const [glob = ''] = globs;
  const template = mapAt(object.spec, 'template');
  const path = translated(textAt(template, 'spec.source.path') ?? '');
  if (globs.length !== 1 || directoryGlobError(glob) !== null || path !== '{{path}}') return null;
  const source = { ...mapAt(template, 'spec.source'), path: '' };
  const spec = { ...mapAt(template, 'spec'), source };
  const name = translated(textAt(template, 'metadata.name') ?? '{{path.basename}}');
  const application = importApplication(
    { ...object, metadata: mapAt(template, 'metadata'), spec, status: {} },
    context,
  );
  if (application.target === null) return null;
  const namespace = translated(textAt(template, 'spec.destination.namespace') ?? 'default');
  const found = directoriesOf(glob, context);
  const excluded = directories.flatMap((each) => (each['exclude'] === true ? [textAt(each, 'path') ?? ''] : []));
  const skipped = found.filter((directory) => excluded.some((each) => matchDirectory(each, directory) !== null));
  const used = found.filter((directory) => !skipped.includes(directory));
  const namespaces = namespacesOf(namespace, { ...context, used });
  const settings = withoutReleaseName(application.target.settings, [name, object.name]);
  const remarks = [
    ...application.remarks.map((each) => ({ ...each, field: each.field.replace(/^spec/, 'spec.template.spec') })),
    ...skipped.map((directory) => skips(object, directory)),
    ...strayPlaceholders(object, application.target.settings, [name, object.name]),
    ...(namespaces.length === 0 ? [noNamespaces(object)] : []),
  ];
  const mustSuspend = remarks.some(({ kind }) => kind === 'changes-manifests');
  const { path: _, namespaces: __, suspend, ...kept } = settings;
  const written = {
    ...kept,
    name,
    namespace,
    // Suspended where the template would deploy other manifests than the ApplicationSet.
    ...(mustSuspend || suspend === true ? { suspend: true } : {}),
    forEach: { directories: glob, clusters: [kept['cluster']], namespaces },
  };
  const isIncomplete = application.target.isIncomplete || namespaces.length === 0;
  const target = { from: nameOf(object), settings: written, isIncomplete };
  return { imported: [{ target, remarks: [] }], isTemplate: true, remarks };
}

/** The directories that the glob matches now, in Git or as Applications of the cluster. */
function directoriesOf(glob: string, { installation: { clone }, children }: TemplateContext): readonly string[] {
  const paths =
    clone === null
      ? children.map(({ spec }) => textAt(spec, 'source.path') ?? '')
      : [...clone.files.keys()].map((file) => folderOf(file));
  const found = paths.map((path) => directoryAbove(glob, path)).filter((directory) => directory !== null);
  return [...new Set(found)].toSorted();
}

function namespacesOf(
  namespace: string,
  { used, children }: TemplateContext & { readonly used: readonly string[] },
): readonly string[] {
  const own = children.map(({ spec }) => textAt(spec, 'destination.namespace') ?? '');
  const fromPaths = used.map((directory) => {
    const segments = directory.split('/');
    return namespace
      .replaceAll('{{basename}}', segments.at(-1) ?? '')
      .replaceAll(/\{\{segment\.(\d+)\}\}/g, (_, at: string) => segments[Number(at)] ?? '');
  });
  const all = namespace.includes('{{') ? [...own, ...fromPaths] : [namespace];
  return [...new Set(all)].filter(isNamespace).toSorted();
}

function skips(object: ForeignObject, directory: string): Remark {
  const message = `forEach has no exclusions, and would deploy ${directory}. Move it, or write a target for each directory.`;
  return remark(object, 'spec.generators[].git.directories[].exclude', { kind: 'changes-manifests', message });
}

/** Drops a releaseName that is the default anyway: the name of the target. `usual`: other texts with that meaning. */
function withoutReleaseName(settings: Fields, usual: readonly string[]): Fields {
  const { releaseName, ...others } = mapAt(settings, 'helm');
  if (typeof releaseName !== 'string' || !(usual.includes(releaseName) || releaseName.includes('{{'))) return settings;
  const { helm: _, ...rest } = settings;
  return Object.keys(others).length === 0 ? rest : { ...rest, helm: others };
}

/** headgate.yml has placeholders in a few keys only. */
function strayPlaceholders(object: ForeignObject, settings: Fields, usual: readonly string[]): readonly Remark[] {
  const isUsual = usual.includes(textAt(settings, 'helm.releaseName') ?? '');
  const written = isUsual ? withoutReleaseName(settings, usual) : settings;
  const stray = Object.entries(written).filter(
    ([key, value]) =>
      !['name', 'namespace', 'path', 'cluster', 'namespaces'].includes(key) && JSON.stringify(value).includes('{{'),
  );
  return stray.map(([key]) => {
    const message = `Placeholders are not allowed in ${key}. Move what differs into the directories.`;
    return remark(object, 'spec.template', { kind: 'changes-manifests', message });
  });
}

function noNamespaces(object: ForeignObject): Remark {
  const message = 'The namespaces of its directories are not known. List them in forEach.namespaces.';
  return remark(object, 'spec.template.spec.destination.namespace', { kind: 'untranslated', message });
}
