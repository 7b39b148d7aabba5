import type { Carry, Target } from '../../config/checked/config.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import { disagreements } from '../carry/carried.ts';
import type { Carried, Changes, LeftOut } from '../carry/carried.ts';
import { carriedImages, imageChanges } from '../carry/images.ts';
import { carriedPaths, pathChanges } from '../carry/paths.ts';
import type { Step } from './ports.ts';
import { readerOf } from './read-step.ts';
import type { StepContext, Tip } from './read-step.ts';
import { readPaths, readTexts, soughtIn, withReferences } from './read-stage-files.ts';
import type { StageAt } from './read-stage-files.ts';

/** A commit that is deployed to a stage before. */
export interface StageSource {
  readonly target: Target;
  readonly revision: Revision;
}

/** What gives a stage what those before it have, on the tip of its branch. */
export interface StageChange extends Changes {
  readonly sources: readonly StageSource[];
  readonly tip: Tip;
  readonly rootTree: ObjectId;
  /** What the stages before have, one entry for each key. */
  readonly carried: readonly Carried[];
  /** What the stages before do not agree on, or do not have: nothing moves while there is one. */
  readonly blockers: readonly LeftOut[];
}

interface Wanted {
  readonly sources: readonly StageSource[];
  readonly tip: Tip;
  /** Which images move. Default: all of them. */
  readonly isChosen?: (image: string) => boolean;
}

/** Reads what the stages have, and makes the edits. Nothing is written. */
export async function makeChange(
  { promotion, step }: Step,
  { sources, tip, isChosen = () => true }: Wanted,
  context: StepContext,
): Promise<StageChange> {
  const at = { target: step.to, revision: tip.revision, reader: readerOf(step.to, context.readers) };
  const before = sources.map((source) => ({ ...source, reader: readerOf(source.target, context.readers) }));
  const { carry } = promotion;
  const found =
    carry.kind === 'images'
      ? await changeImages(before, at, { isChosen, context })
      : await changePaths(before, at, { carry, context });
  return { ...found, sources, tip };
}

type Found = Omit<StageChange, 'sources' | 'tip'>;

async function changeImages(
  before: readonly StageAt[],
  at: StageAt,
  { isChosen, context }: { readonly isChosen: (image: string) => boolean; readonly context: StepContext },
): Promise<Found> {
  const { ports, signal } = context;
  const { rootTree, texts } = await readTexts(at, signal);
  const stages: { stage: string; carried: readonly Carried[]; leftOut: readonly LeftOut[] }[] = [];
  const sought = new Map<string, Awaited<ReturnType<typeof soughtIn>>[number]>();
  for (const source of before) {
    const read = await readTexts(source, signal);
    const own = await soughtIn(read.texts, ports, signal);
    for (const image of own) sought.set(image.name, image);
    const files = await withReferences(read.texts, own, { ports, signal });
    stages.push({ stage: source.target.name, ...carriedImages(files) });
  }
  const images = [...sought.values()].filter(({ name }) => isChosen(name));
  const named = await withReferences(texts, images, { ports, signal });
  const isNamed = new Set(named.flatMap(({ references }) => references.map(({ image }) => image)));
  const blockers = disagreements(stages).filter(({ key }) => isNamed.has(key));
  const carried = distinct(stages.flatMap((each) => each.carried));
  const changes = imageChanges(carried, named, images);
  const ambiguous = stages.flatMap(({ leftOut }) => leftOut).filter(({ key }) => isNamed.has(key));
  return { ...changes, rootTree, carried, blockers, leftOut: [...ambiguous, ...changes.leftOut] };
}

async function changePaths(
  before: readonly StageAt[],
  at: StageAt,
  { carry, context }: { readonly carry: Extract<Carry, { kind: 'paths' }>; readonly context: StepContext },
): Promise<Found> {
  const { signal } = context;
  const read = async (stage: StageAt) => {
    const rootTree = await stage.reader.rootTree(stage.revision, signal);
    return { rootTree, paths: await readPaths(stage, { rootTree, carry }, context) };
  };
  const target = await read(at);
  const stages: { stage: string; paths: (typeof target)['paths'] }[] = [];
  for (const source of before) stages.push({ stage: source.target.name, paths: (await read(source)).paths });
  const [first] = stages;
  const own = stages.map(({ stage, paths }) => ({ stage, ...carriedPaths(paths) }));
  const changes = pathChanges(first?.paths ?? [], target.paths);
  // What headgate.yml lists has to be there.
  const blockers = [...own.flatMap(({ leftOut }) => leftOut), ...changes.leftOut, ...disagreements(own)];
  const carried = distinct(own.flatMap((each) => each.carried));
  return { ...changes, leftOut: [], rootTree: target.rootTree, carried, blockers };
}

function distinct(carried: readonly Carried[]): readonly Carried[] {
  return [...new Map(carried.map((each) => [each.key, each])).values()];
}
