import type { Problem } from '../../error/deploy-error.ts';
import { readManifests } from '../../resource/manifests.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { JsonObject, Manifest, Position } from '../../resource/resource.ts';
import type { Quotes, Variables } from '../../resource/substitution.ts';
import { readYaml } from '../../resource/yaml.ts';
import type { Desired } from '../plain/plain.ts';
import { resolve } from './paths.ts';

const ORIGIN = 'config.kubernetes.io/origin';

export interface RenderedFrom {
  /** The file to report for output without an origin. */
  readonly file: string;
  /** The directory that the renderer's paths are relative to. */
  readonly directory: string;
  /** The files that were rendered, for finding line numbers. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Headgate enabled origin annotations, and removes them again. */
  readonly hasOrigins: boolean;
  readonly variables: Variables | null;
}

const LIMITS = { bytes: 64 * 1024 * 1024, documents: 20_000 };

/** Reads the output of kustomize, with the position in the repository that each object comes from. */
export function readRendered(output: Uint8Array, from: RenderedFrom): Desired {
  const lines = lineFinder(from.contents);
  return readOutput(output, {
    file: from.file,
    variables: from.variables,
    quotes: 'lost',
    locate: (manifest) => located(manifest, { ...from, lines }),
  });
}

/** Reads the output of a renderer. `locate` gets an object with its line in the output, and sets its position in the repository. */
export function readOutput(
  output: Uint8Array,
  {
    file,
    variables,
    quotes = 'kept',
    locate,
  }: {
    readonly file: string;
    readonly variables: Variables | null;
    readonly quotes?: Quotes;
    readonly locate: (manifest: Manifest) => Manifest;
  },
): Desired {
  const read = readManifests({ path: file, bytes: output }, { limits: LIMITS, variables, quotes });
  const manifests = read.manifests.map((manifest) => locate(manifest));
  return {
    touched: new Set([file, ...manifests.map(({ source }) => source.path)]),
    manifests,
    unread: [],
    // A line of the output would be useless, since people do not see the output.
    problems: [...read.problems, ...read.unread.map(({ problem }) => problem)].map((problem) =>
      ofOutput(problem, file),
    ),
  };
}

function ofOutput(problem: Problem, file: string): Problem {
  if (problem.code === 'variable-missing') return { ...problem, subject: file };
  return {
    code: problem.code === 'manifest-too-large' ? 'render-limit' : 'render-failed',
    subject: file,
    message: `the rendered output is invalid: ${problem.message}`,
    remedy: 'Run kubectl kustomize or helm template to see the output.',
  };
}

type LineFinder = (path: string, manifest: Manifest) => number;

function located(manifest: Manifest, from: RenderedFrom & { lines: LineFinder }): Manifest {
  const at = (path: string): Position => ({ path, line: from.lines(path, manifest) });
  const origin = metadataMap(manifest.object, 'annotations')[ORIGIN];
  if (origin === undefined) return { ...manifest, source: at(from.file) };
  const path = originPath(origin, from);
  const object = from.hasOrigins ? withoutOrigin(manifest.object) : manifest.object;
  return { ...manifest, object, source: at(path ?? from.file) };
}

/** `path` of a resource, or `configuredIn` of a generated object; null when it is not in the repository. */
function originPath(origin: string, { directory, contents }: RenderedFrom): string | null {
  const [first] = readYaml(origin);
  if (first?.kind !== 'document' || !isObject(first.document.value)) return null;
  const { path, configuredIn, repo } = first.document.value;
  const written = textOf(path) === '' ? textOf(configuredIn) : textOf(path);
  const resolved = repo === undefined ? resolve(directory, written) : null;
  return resolved !== null && contents.has(resolved) ? resolved : null;
}

function withoutOrigin(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return object;
  const { [ORIGIN]: _origin, ...annotations } = metadata['annotations'];
  const { annotations: _all, ...others } = metadata;
  return { ...object, metadata: Object.keys(annotations).length === 0 ? others : { ...others, annotations } };
}

/** Finds the source document of an object: one of the same kind, with a name that the rendered name contains. */
function lineFinder(contents: RenderedFrom['contents']): LineFinder {
  const known = new Map<string, readonly Manifest[]>();
  return (path, { kind, name }) => {
    const bytes = contents.get(path);
    if (bytes === undefined) return 1;
    const manifests = known.get(path) ?? readManifests({ path, bytes }).manifests;
    known.set(path, manifests);
    const same = manifests.filter((each) => each.kind === kind);
    const found = same.find((each) => each.name === name) ?? same.find((each) => name.includes(each.name)) ?? same[0];
    return found?.source.line ?? 1;
  };
}
