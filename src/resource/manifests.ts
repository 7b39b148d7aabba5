import type { Problem } from '../error/deploy-error.ts';
import { isObject, textOf } from './resource.ts';
import type { Json, JsonObject, Manifest, Position } from './resource.ts';
import { formatPosition } from './resource.ts';
import { readYaml } from './yaml.ts';

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
  limits: FileLimits = DEFAULT_LIMITS,
): ReadFile {
  const text = readText(file, limits);
  if (typeof text !== 'string') return problem(text);
  const documents = readYaml(text);
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
        return readDocument(
          result.document.value,
          { path: file.path, line: result.document.line },
          result.document.itemLines,
        );
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

function readDocument(value: Json, at: Position, itemLines: readonly number[]): ReadFile {
  if (!isObject(value)) return { ...NOTHING, unread: [notAManifest(at, 'it is no map')] };
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return readList(value, items, { at, itemLines });
  return readObject(value, at);
}

/** Items of a typed list need no kind of their own: `ConfigMapList` says it. */
function readList(
  list: JsonObject,
  items: readonly Json[],
  { at, itemLines }: { at: Position; itemLines: readonly number[] },
): ReadFile {
  const kind = textOf(list['kind']).slice(0, -'List'.length);
  const inherited = kind === '' ? {} : { apiVersion: list['apiVersion'] ?? null, kind };
  const read = items.map((item, index) => {
    const position = { path: at.path, line: itemLines[index] ?? at.line };
    if (!isObject(item)) return { ...NOTHING, unread: [notAManifest(position, 'it is no map')] };
    if (typeof item['kind'] === 'string' && item['kind'].endsWith('List') && Array.isArray(item['items'])) {
      return problem(mistake(position, 'a List inside a List is not read'));
    }
    return readObject({ ...inherited, ...item }, position);
  });
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread),
    problems: read.flatMap(({ problems }) => problems),
  };
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
      { apiVersion, group, version, kind, name, namespace: isText(namespace) ? namespace : null, object, source },
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
