import type { Problem } from '../error/deploy-error.ts';
import { isClientSide } from './client-side.ts';
import { canonicalJson } from './json.ts';
import { isMeantAsManifest, mistakesIn, nearKey } from './mistakes.ts';
import type { Mistake } from './mistakes.ts';
import { formatPosition, isObject, metadataMap, textOf } from './resource.ts';
import type { Json, JsonObject, Manifest, Position } from './resource.ts';
import type { FieldAt, YamlDocument } from './yaml.ts';

/** A document that is not a manifest. */
export interface UnreadDocument {
  readonly problem: Problem;
  /** It has a kind and little else of a manifest: these are its mistakes if the cluster serves that kind. */
  readonly ifServed: { readonly kind: string; readonly problems: readonly Problem[] } | null;
}

/** The content of one file. `problems` has every error; `unread` has the documents that are not manifests. */
export interface ReadFile {
  readonly manifests: readonly Manifest[];
  readonly unread: readonly UnreadDocument[];
  readonly problems: readonly Problem[];
}

export const NOTHING: ReadFile = { manifests: [], unread: [], problems: [] };

export function joined(read: readonly ReadFile[]): ReadFile {
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread),
    problems: read.flatMap(({ problems }) => problems),
  };
}

export function problem(found: Problem): ReadFile {
  return { ...NOTHING, problems: [found] };
}

export function invalidManifest(at: Position, message: string): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(at),
    message,
    remedy: 'Fix the YAML on this line or shortly above it.',
  };
}

/** The manifests of one document, or what it is instead. */
export function readDocument({ value, line, itemLines, substituted, fieldAt }: YamlDocument, path: string): ReadFile {
  const at = { path, line };
  if (!isObject(value)) return { ...NOTHING, unread: [notAManifest(at, 'the document is not a map')] };
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items ?? []) && 'items' in value)
    return readList({ list: value, itemLines, substituted, fieldAt }, at);
  if (kind === 'List') return problem(mistaken(at, { line: null, message: listMistake(value) }));
  return readPart(
    { object: value, substituted: substituted?.value, errors: substituted?.errors ?? [], fieldAt, isItem: false },
    at,
  );
}

function listMistake(list: JsonObject): string {
  const near = nearKey(list, 'items');
  if ('items' in list) return 'items of a List is not a list';
  return `items of a List is missing${near === null ? '' : `; did you mean items instead of ${near}?`}`;
}

/** Items of a typed list may leave out apiVersion and kind: `ConfigMapList` implies them. */
function readList(
  {
    list,
    itemLines,
    substituted,
    fieldAt,
  }: Pick<YamlDocument, 'itemLines' | 'substituted' | 'fieldAt'> & { list: JsonObject },
  at: Position,
): ReadFile {
  const kind = textOf(list['kind']).slice(0, -'List'.length);
  const implied = kind === '' ? {} : { apiVersion: list['apiVersion'] ?? null, kind };
  const complete = (item: JsonObject) => ('apiVersion' in item || 'kind' in item ? item : { ...implied, ...item });
  const items = list['items'] ?? [];
  const substitutedItems = isObject(substituted?.value) ? substituted.value['items'] : undefined;
  const read = (Array.isArray(items) ? (items as readonly Json[]) : []).map((item, index) => {
    const line = itemLines[index] ?? at.line;
    const position = { path: at.path, line };
    if (!isObject(item)) return problem(mistaken(position, { line: null, message: `items[${index}] is not a map` }));
    if (typeof item['kind'] === 'string' && item['kind'].endsWith('List') && Array.isArray(item['items'])) {
      return problem(invalidManifest(position, 'a List inside a List is not supported'));
    }
    const next = itemLines[index + 1] ?? Infinity;
    const own: Json | undefined = Array.isArray(substitutedItems) ? substitutedItems[index] : undefined;
    return readPart(
      {
        object: complete(item),
        substituted: isObject(own) ? complete(own) : undefined,
        errors: (substituted?.errors ?? []).filter((each) => each.line >= line && each.line < next),
        fieldAt: (path) => fieldAt(['items', index, ...path]),
        isItem: true,
      },
      position,
    );
  });
  return joined(read);
}

/** One document, or one item of a List, which can only be meant as a manifest. */
interface Part {
  readonly object: JsonObject;
  readonly fieldAt: FieldAt;
  readonly isItem: boolean;
}

/** Flux's opt-out, so that manifests with literal dollar signs can move from Flux unchanged. */
const OPT_OUT = 'kustomize.toolkit.fluxcd.io/substitute';

/** Reads one object with its variables substituted, unless it opts out. */
function readPart(
  {
    substituted,
    errors,
    ...part
  }: Part & {
    substituted: Json | undefined;
    errors: NonNullable<YamlDocument['substituted']>['errors'];
  },
  at: Position,
): ReadFile {
  const { object } = part;
  const metadata = { ...metadataMap(object, 'labels'), ...metadataMap(object, 'annotations') };
  if (!isObject(substituted) || metadata[OPT_OUT] === 'disabled') return readObject(part, at);
  if (errors.length > 0) {
    return {
      ...NOTHING,
      problems: errors.map(({ line, message }) => ({
        code: 'variable-missing',
        subject: formatPosition({ path: at.path, line }),
        message,
        remedy: `Set it in substitute.variables of the target, give it a default (\${name:=default}), write $$ for a literal dollar sign, or annotate the object with ${OPT_OUT}: disabled.`,
      })),
    };
  }
  const read = readObject({ ...part, object: substituted }, at);
  const isHidden = canonicalJson(substituted) !== canonicalJson(object);
  return { ...read, manifests: read.manifests.map((manifest) => ({ ...manifest, isHidden })) };
}

/** etcd stores at most 1.5 MB, so an object of more values than this one could only be refused, after work for all others. */
const MAX_VALUES = 100_000;

function readObject({ object, fieldAt, isItem }: Part, source: Position): ReadFile {
  if (valuesLeft(object, MAX_VALUES) < 0) {
    return problem({
      code: 'manifest-too-large',
      subject: formatPosition(source),
      message: `has more than ${MAX_VALUES} values, which no API server stores`,
      remedy: 'Split the object.',
    });
  }
  const { apiVersion, kind, metadata } = object;
  const { name, namespace = null } = isObject(metadata) ? metadata : {};
  if (!isText(apiVersion) || !isText(kind) || !isText(name) || (namespace !== null && typeof namespace !== 'string'))
    return readIncomplete({ object, fieldAt, isItem }, source);
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  return {
    ...NOTHING,
    manifests: [
      {
        apiVersion,
        group,
        version,
        kind,
        name,
        namespace: isText(namespace) ? namespace : null,
        object,
        source,
        isHidden: false,
      },
    ],
  };
}

/** What is left of the allowed number; negative: there are more. */
function valuesLeft(value: Json, allowed: number): number {
  let left = allowed - 1;
  if (typeof value !== 'object' || value === null) return left;
  for (const child of Object.values(value) as readonly Json[]) {
    if (left < 0) break;
    left = valuesLeft(child, left);
  }
  return left;
}

/** It is refused when it is meant as a manifest; where that shows only by its kind, the cluster decides. */
function readIncomplete({ object, fieldAt, isItem }: Part, source: Position): ReadFile {
  const { kind } = object;
  if (!isItem && isClientSide({ apiVersion: object['apiVersion'], kind }))
    return {
      ...NOTHING,
      unread: [clientSide(source, { apiVersion: textOf(object['apiVersion']), kind: textOf(kind) })],
    };
  const problems = mistakesIn(object, fieldAt).map((mistake) => mistaken(source, mistake));
  if (isItem || isMeantAsManifest(object)) return { ...NOTHING, problems };
  const missing = ['apiVersion', 'kind', 'metadata'].filter((field) => !(field in object));
  const unread = notAManifest(source, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
  return { ...NOTHING, unread: [isText(kind) ? { ...unread, ifServed: { kind, problems } } : unread] };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function notAManifest(at: Position, why: string): UnreadDocument {
  return {
    problem: {
      code: 'manifest-vanished',
      subject: formatPosition(at),
      message: `not a manifest: ${why}`,
      remedy: 'Add apiVersion, kind and metadata.name, or exclude the file in headgate.yml.',
    },
    ifServed: null,
  };
}

/** A document that only a client reads. */
export function clientSide(at: Position, written: Pick<Manifest, 'apiVersion' | 'kind'>): UnreadDocument {
  const of = written.apiVersion === '' ? '' : ` of ${written.apiVersion}`;
  const { problem: found } = notAManifest(at, `${written.kind}${of} is for a tool and not for a cluster`);
  return { problem: { ...found, remedy: 'Exclude the file in headgate.yml.' }, ifServed: null };
}

function mistaken({ path, line: documentLine }: Position, { line, message }: Mistake): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition({ path, line: line ?? documentLine }),
    message,
    remedy: 'Fix the manifest, or exclude the file in headgate.yml if it is not one.',
  };
}
