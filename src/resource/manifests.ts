import type { Problem } from '../error/deploy-error.ts';
import { canonicalJson } from './json.ts';
import { isObject, metadataMap, textOf } from './resource.ts';
import type { Json, JsonObject, Manifest, Position } from './resource.ts';
import { formatPosition } from './resource.ts';
import type { Quotes, Variables } from './substitution.ts';
import { readYaml } from './yaml.ts';
import type { YamlDocument } from './yaml.ts';

/** The content of one file. `problems` has every error; `unread` has the documents that are not manifests. */
export interface ReadFile {
  readonly manifests: readonly Manifest[];
  readonly unread: readonly Problem[];
  readonly problems: readonly Problem[];
}

export interface FileLimits {
  readonly bytes: number;
  readonly documents: number;
}

const DEFAULT_LIMITS: FileLimits = { bytes: 16 * 1024 * 1024, documents: 10_000 };

const LFS = 'version https://git-lfs.github.com/spec/';

/** Reads one file as `kubectl apply -f` does; a List is replaced by its items. */
export function readManifests(
  file: { readonly path: string; readonly bytes: Uint8Array },
  { limits = DEFAULT_LIMITS, ...reading }: { limits?: FileLimits; variables?: Variables | null; quotes?: Quotes } = {},
): ReadFile {
  const text = readText(file, limits);
  if (typeof text !== 'string') return problem(text);
  const documents = readYaml(text, reading);
  if (documents.length > limits.documents) {
    return problem({
      code: 'manifest-too-large',
      subject: file.path,
      message: `has ${documents.length} documents, more than the limit of ${limits.documents}`,
      remedy: 'Split the file.',
    });
  }
  const read = documents.map((result): ReadFile => {
    switch (result.kind) {
      case 'empty':
        return NOTHING;
      case 'error':
        return problem(invalidManifest({ path: file.path, line: result.line }, result.message));
      case 'document':
        return readDocument(result.document, file.path);
      default:
        return result satisfies never;
    }
  });
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread),
    problems: read.flatMap(({ problems }) => problems),
  };
}

const NOTHING: ReadFile = { manifests: [], unread: [], problems: [] };

function problem(found: Problem): ReadFile {
  return { ...NOTHING, problems: [found] };
}

function invalidManifest(at: Position, message: string): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(at),
    message,
    remedy: 'Fix the YAML on this line or shortly above it.',
  };
}

function readText({ path, bytes }: { path: string; bytes: Uint8Array }, limits: FileLimits): string | Problem {
  if (bytes.length > limits.bytes) {
    return {
      code: 'manifest-too-large',
      subject: path,
      message: `has ${bytes.length} bytes, more than the limit of ${limits.bytes}`,
      remedy: 'Split the file.',
    };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith(LFS)) return text;
    return {
      code: 'lfs-pointer',
      subject: path,
      message: 'is a Git LFS pointer, not the file itself',
      remedy: 'Remove manifests from LFS (git lfs untrack), or exclude the path in headgate.yml.',
    };
  } catch {
    return {
      code: 'file-unreadable',
      subject: path,
      message: 'is not valid UTF-8',
      remedy: 'Save it as UTF-8, or exclude the path in headgate.yml.',
    };
  }
}

function readDocument({ value, line, itemLines, substituted }: YamlDocument, path: string): ReadFile {
  const at = { path, line };
  if (!isObject(value)) return { ...NOTHING, unread: [notAManifest(at, 'the document is not a map')] };
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return readList({ list: value, items, itemLines, substituted }, at);
  return readPart({ object: value, substituted: substituted?.value, errors: substituted?.errors ?? [] }, at);
}

/** Items of a typed list may leave out their kind: `ConfigMapList` implies it. */
function readList(
  {
    list,
    items,
    itemLines,
    substituted,
  }: Pick<YamlDocument, 'itemLines' | 'substituted'> & { list: JsonObject; items: readonly Json[] },
  at: Position,
): ReadFile {
  const kind = textOf(list['kind']).slice(0, -'List'.length);
  const inherited = kind === '' ? {} : { apiVersion: list['apiVersion'] ?? null, kind };
  const substitutedItems = isObject(substituted?.value) ? substituted.value['items'] : undefined;
  const read = items.map((item, index) => {
    const line = itemLines[index] ?? at.line;
    const position = { path: at.path, line };
    if (!isObject(item)) return { ...NOTHING, unread: [notAManifest(position, 'the item is not a map')] };
    if (typeof item['kind'] === 'string' && item['kind'].endsWith('List') && Array.isArray(item['items'])) {
      return problem(invalidManifest(position, 'a List inside a List is not supported'));
    }
    const next = itemLines[index + 1] ?? Infinity;
    const own: Json | undefined = Array.isArray(substitutedItems) ? substitutedItems[index] : undefined;
    return readPart(
      {
        object: { ...inherited, ...item },
        substituted: isObject(own) ? { ...inherited, ...own } : undefined,
        errors: (substituted?.errors ?? []).filter((each) => each.line >= line && each.line < next),
      },
      position,
    );
  });
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** Flux's opt-out, so that manifests with literal dollar signs can move from Flux unchanged. */
const OPT_OUT = 'kustomize.toolkit.fluxcd.io/substitute';

/** Reads one object with its variables substituted, unless it opts out. */
function readPart(
  {
    object,
    substituted,
    errors,
  }: {
    object: JsonObject;
    substituted: Json | undefined;
    errors: NonNullable<YamlDocument['substituted']>['errors'];
  },
  at: Position,
): ReadFile {
  const metadata = { ...metadataMap(object, 'labels'), ...metadataMap(object, 'annotations') };
  if (!isObject(substituted) || metadata[OPT_OUT] === 'disabled') return readObject(object, at);
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
  const read = readObject(substituted, at);
  const isHidden = canonicalJson(substituted) !== canonicalJson(object);
  return { ...read, manifests: read.manifests.map((manifest) => ({ ...manifest, isHidden })) };
}

function readObject(object: JsonObject, source: Position): ReadFile {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, generateName } = isObject(metadata) ? metadata : {};
  if (isText(apiVersion) && isText(kind) && !isText(name) && isText(generateName)) {
    return problem({
      code: 'manifest-invalid',
      subject: formatPosition(source),
      message: `${kind} has generateName but no name`,
      remedy: 'Set metadata.name: an object declared in Git needs a stable name.',
    });
  }
  const missing = [
    isText(apiVersion) ? '' : 'apiVersion',
    isText(kind) ? '' : 'kind',
    isText(name) ? '' : 'metadata.name',
  ].filter((field) => field !== '');
  if (!isText(apiVersion) || !isText(kind) || !isText(name)) {
    return {
      ...NOTHING,
      unread: [notAManifest(source, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`)],
    };
  }
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    return problem(invalidManifest(source, 'metadata.namespace is not a string'));
  }
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

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function notAManifest(at: Position, why: string): Problem {
  return {
    code: 'manifest-vanished',
    subject: formatPosition(at),
    message: `not a manifest: ${why}`,
    remedy: 'Add apiVersion, kind and metadata.name, or exclude the file in headgate.yml.',
  };
}
