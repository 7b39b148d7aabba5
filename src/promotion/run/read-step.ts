import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import type { PastCommit, Revision } from '../../snapshot/source.ts';
import { headOf, promotionRef, recordsOf, signedRecordsOf } from '../record/record.ts';
import type { PromotionRecord } from '../record/record.ts';
import { nameOf } from './ports.ts';
import type { PromotionPorts, StageReader, Step } from './ports.ts';

/** Where the stage is that is written to. */
export interface Tip {
  readonly revision: Revision;
  /** Of the records; null: there are none. */
  readonly record: Revision | null;
  /** Of the branch of the pull request; null: it does not exist. */
  readonly head: Revision | null;
}

/** What is needed to read and write the stages of one step. */
export interface StepContext {
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

export function readerOf({ repository }: Target, readers: ReadonlyMap<string, StageReader>): StageReader {
  const reader = readers.get(repository.name);
  if (reader === undefined) throw new Error(`the repository ${repository.name} was not opened`);
  return reader;
}

/** One request. @throws DeployError `ref-missing` */
export async function readTip(step: Step, { readers, signal }: StepContext): Promise<Tip> {
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

/** How far back the branch itself is read, for what its ref does not have. */
const READ_COMMITS = 200;

/** What was promoted to the stage, the newest first. */
export async function readRecords(step: Step, tip: Tip, context: StepContext): Promise<readonly PromotionRecord[]> {
  const { readers, signal } = context;
  const reader = readerOf(step.step.to, readers);
  const ofBranch = await reader.history({ tip: tip.revision, known: null, depth: READ_COMMITS }, signal);
  const ofRef = await readChain(step, tip, context);
  return context.ports.trust.hasKey
    ? signedRecordsOf({ ofRef, ofBranch }, nameOf(step))
    : recordsOf({ ofRef, ofBranch }, nameOf(step));
}

/** The commits of the ref of the records, the newest first; with a key, those that it signed. */
export async function readChain(
  step: Step,
  { record }: Pick<Tip, 'record'>,
  { ports, readers, signal }: StepContext,
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
  context: StepContext,
): Promise<OpenPullRequest | null> {
  return records.some(({ pullRequest }) => pullRequest !== null) ? findOpen(step, context) : null;
}

/** The open pull request of a step. */
export async function findOpen(
  { promotion, step }: Step,
  { ports, signal }: StepContext,
): Promise<OpenPullRequest | null> {
  if (promotion.via !== 'pullRequest') return null;
  const api = await ports.openProposals(step.to.repository);
  return api.findOpen({ head: headOf(nameOf({ promotion, step })), into: step.to.branch }, signal);
}
