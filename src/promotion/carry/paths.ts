import type { FoundScalar } from '../../images/edit/scalar-at.ts';
import type { Carried, Changes, Edit, LeftOut } from './carried.ts';

/** A listed file of a stage, or a value of one. */
export interface StagePath {
  /** `version.yaml`, or `values.yaml#image.tag`: below the path of the stage. */
  readonly key: string;
  /** From the root of the repository. */
  readonly path: string;
  /** Null: the stage does not have the file, or not as a file. */
  readonly content: FileContent | null;
  /** Null: the whole file. */
  readonly scalar: FoundScalar | null;
}

interface FileContent {
  /** The id of the blob. */
  readonly oid: string;
  readonly bytes: Uint8Array;
}

type Present = { readonly version: string; readonly line: number | null; readonly content: FileContent };

export function carriedPaths(paths: readonly StagePath[]): {
  readonly carried: readonly Carried[];
  readonly leftOut: readonly LeftOut[];
} {
  const read = paths.map(({ key, ...rest }) => ({ key, found: presentIn(rest) }));
  return {
    carried: read.flatMap(({ key, found }) => ('why' in found ? [] : [{ key, version: found.version, image: null }])),
    leftOut: read.flatMap(({ key, found }) => ('why' in found ? [{ key, reason: found.why }] : [])),
  };
}

/** What gives the paths of a stage what another one has at the same keys. */
export function pathChanges(from: readonly StagePath[], to: readonly StagePath[]): Changes {
  const edits: Edit[] = [];
  const leftOut: LeftOut[] = [];
  const wholes = new Map<string, Uint8Array>();
  const splices: { readonly path: string; readonly text: string; readonly scalar: Found; readonly source: string }[] =
    [];
  for (const target of to) {
    const source = from.find(({ key }) => key === target.key);
    if (source === undefined) continue;
    const [wanted, current] = [presentIn(source), presentIn(target)];
    if ('why' in wanted || 'why' in current) {
      if ('why' in current) leftOut.push({ key: target.key, reason: current.why });
      continue;
    }
    if (wanted.version === current.version) continue;
    const { key, path, scalar } = target;
    edits.push({ key, path, line: current.line, from: current.version, to: wanted.version });
    if (scalar?.kind === 'found') splices.push({ path, text: textOf(current.content), scalar, source: wanted.version });
    else wholes.set(path, wanted.content.bytes);
  }
  const spliced = [...Map.groupBy(splices, ({ path }) => path)].map(([path, own]) => {
    // Two keys may lead to the same anchor.
    const places = new Map(own.map((splice) => [splice.scalar.start, splice]));
    const last = [...places.values()].toSorted((a, b) => b.scalar.start - a.scalar.start);
    const text = last.reduce(
      (written, { scalar, source }) => written.slice(0, scalar.start) + source + written.slice(scalar.end),
      own[0]?.text ?? '',
    );
    return [path, Buffer.from(text)] as const;
  });
  return { edits, files: new Map<string, Uint8Array>([...spliced, ...wholes]), leftOut };
}

type Found = Extract<FoundScalar, { kind: 'found' }>;

function presentIn({ path, content, scalar }: Omit<StagePath, 'key'>): Present | { readonly why: string } {
  if (content === null) return { why: `${path} does not exist, or is not a file` };
  if (scalar === null) return { version: content.oid, line: null, content };
  if (scalar.kind === 'missing') return { why: `${path}: ${scalar.reason}` };
  return { version: scalar.source, line: scalar.line, content };
}

function textOf({ bytes }: FileContent): string {
  return Buffer.from(bytes).toString();
}
