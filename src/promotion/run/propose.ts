import type { Carry, Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import type { PastCommit } from '../../images/update/ports.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import { disagreements } from '../carry/carried.ts';
import type { Carried, Changes, LeftOut } from '../carry/carried.ts';
import { carriedImages, imageChanges } from '../carry/images.ts';
import { carriedPaths, pathChanges } from '../carry/paths.ts';
import { headOf, promotionRef, recordsOf, signedRecordsOf } from '../record/record.ts';
import type { PromotionRecord } from '../record/record.ts';
import { nameOf } from './ports.ts';
import type { PromotionPorts, StageReader, Step } from './ports.ts';
import { readPaths, readTexts, soughtIn, withReferences } from './read-stage-files.ts';
import type { StageAt } from './read-stage-files.ts';

/** A commit that is deployed to a stage before. */
export interface Source {
  readonly target: Target;
  readonly revision: Revision;
}

/** Where the stage is that is written to. */
export interface Tip {
  readonly revision: Revision;
  /** Of the records; null: there are none. */
  readonly record: Revision | null;
  /** Of the branch of the pull request; null: it does not exist. */
  readonly head: Revision | null;
}

/** What gives a stage what those before it have, on the tip of its branch. */
export interface Proposal extends Changes {
  readonly sources: readonly Source[];
  readonly tip: Tip;
  readonly rootTree: ObjectId;
  /** Those that all of the stages before have. */
  readonly carried: readonly Carried[];
  /** What the stages before do not agree on, or do not have: nothing moves while there is one. */
  readonly blockers: readonly LeftOut[];
}

export interface Proposing {
  readonly ports: PromotionPorts;
  /** One for each repository. */
  readonly readers: ReadonlyMap<string, StageReader>;
  readonly signal: AbortSignal;
}

/** Opens each repository of a step once. */
export async function openReaders(
  { step }: Step,
  { openReader }: PromotionPorts,
): Promise<ReadonlyMap<string, StageReader>> {
  const repositories = new Set([step.to, ...step.from.targets].map(({ repository }) => repository));
  const opened = [...repositories].map(async (each) => [each.name, await openReader(each)] as const);
  return new Map(await Promise.all(opened));
}

/** One request. @throws DeployError `ref-missing` */
export async function readTip(step: Step, { readers, signal }: Proposing): Promise<Tip> {
  const { ref, repository } = step.step.to;
  const record = promotionRef(nameOf(step));
  const head = `refs/heads/${headOf(nameOf(step))}`;
  const heads = step.promotion.via === 'pullRequest' ? [head] : [];
  const tips = await readerOf(step.step.to, readers).tips([ref, record, ...heads], signal);
  const revision = tips.get(ref);
  if (revision !== undefined) return { revision, record: tips.get(record) ?? null, head: tips.get(head) ?? null };
  throw new DeployError('ref-missing', {
    subject: ref,
    message: `${ref} does not exist in ${repository.name}`,
    remedy: `Push the branch, or fix branch of ${step.step.to.name} in headgate.yml.`,
  });
}

interface Proposed {
  readonly sources: readonly Source[];
  readonly tip: Tip;
  /** Which images move. Default: all of them. */
  readonly isChosen?: (image: string) => boolean;
}

/** Reads what the stages have, and makes the edits. Nothing is written. */
export async function propose(
  { promotion, step }: Step,
  { sources, tip, isChosen = () => true }: Proposed,
  proposing: Proposing,
): Promise<Proposal> {
  const at = { target: step.to, revision: tip.revision, reader: readerOf(step.to, proposing.readers) };
  const before = sources.map((source) => ({ ...source, reader: readerOf(source.target, proposing.readers) }));
  const { carry } = promotion;
  const found =
    carry.kind === 'images'
      ? await proposeImages(before, at, { isChosen, proposing })
      : await proposePaths(before, at, { carry, proposing });
  return { ...found, sources, tip };
}

type Found = Omit<Proposal, 'sources' | 'tip'>;

async function proposeImages(
  before: readonly StageAt[],
  at: StageAt,
  { isChosen, proposing }: { readonly isChosen: (image: string) => boolean; readonly proposing: Proposing },
): Promise<Found> {
  const { ports, signal } = proposing;
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

async function proposePaths(
  before: readonly StageAt[],
  at: StageAt,
  { carry, proposing }: { readonly carry: Extract<Carry, { kind: 'paths' }>; readonly proposing: Proposing },
): Promise<Found> {
  const { signal } = proposing;
  const read = async (stage: StageAt) => {
    const rootTree = await stage.reader.rootTree(stage.revision, signal);
    return { rootTree, paths: await readPaths(stage, { rootTree, carry }, proposing) };
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

/** How far back the branch itself is read, for what its ref does not have. */
const READ_COMMITS = 200;

/** What was promoted to the stage, the newest first. */
export async function readRecords(step: Step, tip: Tip, proposing: Proposing): Promise<readonly PromotionRecord[]> {
  const { readers, signal } = proposing;
  const reader = readerOf(step.step.to, readers);
  const ofBranch = await reader.history({ tip: tip.revision, known: null, depth: READ_COMMITS }, signal);
  const ofRef = await readChain(step, tip, proposing);
  return proposing.ports.trust.hasKey
    ? signedRecordsOf({ ofRef, ofBranch }, nameOf(step))
    : recordsOf({ ofRef, ofBranch }, nameOf(step));
}

/** The commits of the ref of the records, the newest first; with a key, those that it signed. */
export async function readChain(
  step: Step,
  { record }: Pick<Tip, 'record'>,
  { ports, readers, signal }: Proposing,
): Promise<readonly PastCommit[]> {
  if (record === null) return [];
  const { to } = step.step;
  const chain = await readerOf(to, readers).history({ tip: record, known: null, depth: null }, signal);
  return ports.trust.signedOf(chain, { repository: to.repository, ref: promotionRef(nameOf(step)) }, signal);
}

/** The open pull request that proposes one of these records. A step that proposed nothing has none. */
export async function openOf(
  step: Step,
  records: readonly PromotionRecord[],
  proposing: Proposing,
): Promise<OpenPullRequest | null> {
  return records.some(({ pullRequest }) => pullRequest !== null) ? findOpen(step, proposing) : null;
}

/** The open pull request of a step. */
export async function findOpen(
  { promotion, step }: Step,
  { ports, signal }: Proposing,
): Promise<OpenPullRequest | null> {
  if (promotion.via !== 'pullRequest') return null;
  const api = await ports.openProposals(step.to.repository);
  return api.findOpen({ head: headOf(nameOf({ promotion, step })), into: step.to.branch }, signal);
}

export function readerOf({ repository }: Target, readers: ReadonlyMap<string, StageReader>): StageReader {
  const reader = readers.get(repository.name);
  if (reader === undefined) throw new Error(`the repository ${repository.name} was not opened`);
  return reader;
}
