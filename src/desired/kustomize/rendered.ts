import type { Problem } from '../../error/deploy-error.ts';
import { readManifests } from '../../resource/manifests.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import type { JsonObject, Manifest, Position } from '../../resource/resource.ts';
import type { Quotes, Variables } from '../../resource/substitution.ts';
import { readYaml } from '../../resource/yaml.ts';
import type { Desired } from '../plain/plain.ts';
import { resolve } from './walk.ts';

const ORIGIN = 'config.kubernetes.io/origin';

export interface RenderedFrom {
  /** The file that stands for what the renderer says nothing about. */
  readonly file: string;
  /** The directory that the renderer's paths start from. */
  readonly directory: string;
  /** The files that were rendered, to find lines in. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Origins were switched on by us: they are taken off again. */
  readonly hasOrigins: boolean;
  readonly variables: Variables | null;
}

const LIMITS = { bytes: 64 * 1024 * 1024, documents: 20_000 };

/** What kustomize printed, each object with the place in the repository that it comes from. */
export function readRendered(output: Uint8Array, from: RenderedFrom): Desired {
  const lines = lineFinder(from.contents);
  return readOutput(output, {
    file: from.file,
    variables: from.variables,
    quotes: 'lost',
    place: (manifest) => placed(manifest, { ...from, lines }),
  });
}

/** What a renderer printed; `place` knows where an object comes from, and gets it with its line in the output. */
export function readOutput(
  output: Uint8Array,
  {
    file,
    variables,
    quotes = 'kept',
    place,
  }: {
    readonly file: string;
    readonly variables: Variables | null;
    readonly quotes?: Quotes;
    readonly place: (manifest: Manifest) => Manifest;
  },
): Desired {
  const read = readManifests({ path: file, bytes: output }, { limits: LIMITS, variables, quotes });
  const manifests = read.manifests.map((manifest) => place(manifest));
  return {
    touched: new Set([file, ...manifests.map(({ source }) => source.path)]),
    manifests,
    unread: [],
    // The line is one of the output, which nobody has.
    problems: [...read.problems, ...read.unread].map((problem) => ofOutput(problem, file)),
  };
}

function ofOutput(problem: Problem, file: string): Problem {
  if (problem.code === 'variable-missing') return { ...problem, subject: file };
  return {
    code: problem.code === 'manifest-too-large' ? 'render-limit' : 'render-failed',
    subject: file,
    message: `what it renders to cannot be read: ${problem.message}`,
    remedy: 'Render it yourself and look: kubectl kustomize, or helm template.',
  };
}

type LineFinder = (path: string, manifest: Manifest) => number;

function placed(manifest: Manifest, from: RenderedFrom & { lines: LineFinder }): Manifest {
  const at = (path: string): Position => ({ path, line: from.lines(path, manifest) });
  const origin = metadataMap(manifest.object, 'annotations')[ORIGIN];
  if (origin === undefined) return { ...manifest, source: at(from.file) };
  const path = originPath(origin, from);
  const object = from.hasOrigins ? withoutOrigin(manifest.object) : manifest.object;
  return { ...manifest, object, source: at(path ?? from.file) };
}

/** `path` of a resource, `configuredIn` of what a generator made; null when it lies elsewhere. */
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

/** The line of the document that became an object: of its kind, with a name that the rendered one still contains. */
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
