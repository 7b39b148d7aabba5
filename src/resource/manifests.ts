import type { Problem } from '../error/deploy-error.ts';
import { canonicalJson } from './json.ts';
import { isObject, metadataMap, textOf } from './resource.ts';
import type { Json, JsonObject, Manifest, Position } from './resource.ts';
import { formatPosition } from './resource.ts';
import type { Quotes, Variables } from './substitution.ts';
import { readYaml } from './yaml.ts';
import type { YamlDocument } from './yaml.ts';

/** What a file says. Every mistake is in `problems`; `unread` is what looks like no manifest at all. */
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

/** Reads one file as `kubectl apply -f` would; Lists become their items. */
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
      message: `it has ${documents.length} documents, and ${limits.documents} are read`,
      remedy: 'Split the file.',
    });
  }
  const read = documents.map((result): ReadFile => {
    switch (result.kind) {
      case 'empty':
        return NOTHING;
      case 'mistake':
        return problem(mistake({ path: file.path, line: result.line }, result.message));
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

function mistake(at: Position, message: string): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(at),
    message,
    remedy: 'Mend the YAML here or shortly above.',
  };
}

function readText({ path, bytes }: { path: string; bytes: Uint8Array }, limits: FileLimits): string | Problem {
  if (bytes.length > limits.bytes) {
    return {
      code: 'manifest-too-large',
      subject: path,
      message: `it has ${bytes.length} bytes, and up to ${limits.bytes} are read`,
      remedy: 'Split the file.',
    };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith(LFS)) return text;
    return {
      code: 'lfs-pointer',
      subject: path,
      message: 'it is a Git LFS pointer, not the file itself',
      remedy: 'Take manifests out of LFS (git lfs untrack), or exclude the path in headgate.yml.',
    };
  } catch {
    return {
      code: 'file-unreadable',
      subject: path,
      message: 'it is not valid UTF-8',
      remedy: 'Save it as UTF-8, or exclude the path in headgate.yml.',
    };
  }
}

function readDocument({ value, line, itemLines, substituted }: YamlDocument, path: string): ReadFile {
  const at = { path, line };
  if (!isObject(value)) return { ...NOTHING, unread: [notAManifest(at, 'it is no map')] };
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return readList({ list: value, items, itemLines, substituted }, at);
  return readPart({ object: value, putIn: substituted?.value, mistakes: substituted?.mistakes ?? [] }, at);
}

/** Items of a typed list need no kind of their own: `ConfigMapList` says it. */
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
  const putIn = isObject(substituted?.value) ? substituted.value['items'] : undefined;
  const read = items.map((item, index) => {
    const line = itemLines[index] ?? at.line;
    const position = { path: at.path, line };
    if (!isObject(item)) return { ...NOTHING, unread: [notAManifest(position, 'it is no map')] };
    if (typeof item['kind'] === 'string' && item['kind'].endsWith('List') && Array.isArray(item['items'])) {
      return problem(mistake(position, 'a List inside a List is not read'));
    }
    const next = itemLines[index + 1] ?? Infinity;
    const own: Json | undefined = Array.isArray(putIn) ? putIn[index] : undefined;
    return readPart(
      {
        object: { ...inherited, ...item },
        putIn: isObject(own) ? { ...inherited, ...own } : undefined,
        mistakes: (substituted?.mistakes ?? []).filter((each) => each.line >= line && each.line < next),
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

/** Flux's mark: whoever comes from there has it in the manifests whose dollar signs are their own. */
const OPT_OUT = 'kustomize.toolkit.fluxcd.io/substitute';

/** One object with its variables put in, unless it says that it has none. */
function readPart(
  {
    object,
    putIn,
    mistakes,
  }: {
    object: JsonObject;
    putIn: Json | undefined;
    mistakes: NonNullable<YamlDocument['substituted']>['mistakes'];
  },
  at: Position,
): ReadFile {
  const marks = { ...metadataMap(object, 'labels'), ...metadataMap(object, 'annotations') };
  if (!isObject(putIn) || marks[OPT_OUT] === 'disabled') return readObject(object, at);
  if (mistakes.length > 0) {
    return {
      ...NOTHING,
      problems: mistakes.map(({ line, message }) => ({
        code: 'variable-missing',
        subject: formatPosition({ path: at.path, line }),
        message,
        remedy: `Set it in substitute.variables of the target, give it a default (\${name:=default}), write $$ for a dollar sign, or annotate the object with ${OPT_OUT}: disabled.`,
      })),
    };
  }
  const read = readObject(putIn, at);
  const isHidden = canonicalJson(putIn) !== canonicalJson(object);
  return { ...read, manifests: read.manifests.map((manifest) => ({ ...manifest, isHidden })) };
}

function readObject(object: JsonObject, source: Position): ReadFile {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, generateName } = isObject(metadata) ? metadata : {};
  if (isText(apiVersion) && isText(kind) && !isText(name) && isText(generateName)) {
    return problem({
      code: 'manifest-invalid',
      subject: formatPosition(source),
      message: `${kind} has generateName and no name`,
      remedy: 'Give it a name: what is declared in Git has to be found again.',
    });
  }
  const missing = [
    isText(apiVersion) ? '' : 'apiVersion',
    isText(kind) ? '' : 'kind',
    isText(name) ? '' : 'metadata.name',
  ].filter((field) => field !== '');
  if (!isText(apiVersion) || !isText(kind) || !isText(name)) {
    return { ...NOTHING, unread: [notAManifest(source, `it has no ${missing.join(', no ')}`)] };
  }
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    return problem(mistake(source, 'metadata.namespace is not text'));
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
    message: `no manifest: ${why}`,
    remedy: 'Give it apiVersion, kind and metadata.name, or exclude the file in headgate.yml.',
  };
}
