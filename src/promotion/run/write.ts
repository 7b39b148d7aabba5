import { isDeepStrictEqual } from 'node:util';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import type { ReadyCommit } from '../../images/branch-writer.ts';
import { findHead } from '../../proposals/head.ts';
import { propose } from '../../proposals/propose.ts';
import type { Revision } from '../../snapshot/source.ts';
import { isValue } from '../carry/carried.ts';
import { commitMessage, pullRequestText } from '../record/commit-message.ts';
import {
  headOf,
  movedBy,
  promotionRef,
  proposalMessage,
  recordIn,
  recordMessage,
  releaseMessage,
} from '../record/record.ts';
import type { PromotionRecord, PromotionToWrite } from '../record/record.ts';
import { leftAlone, waitsForMerge } from './open-proposal.ts';
import { nameOf } from './ports.ts';
import type { PromotionPorts, Step } from './ports.ts';
import { findOpen, readChain, readerOf } from './read-step.ts';
import type { StepContext } from './read-step.ts';
import type { StageChange } from './stage-change.ts';

/** Who promotes. `by` null: automation, which never sets a hold. */
export interface Promoter {
  readonly by: string | null;
  readonly isHold: boolean;
}

const AUTHOR = { name: 'headgate', email: 'headgate@localhost' };

export type WrittenPromotion =
  /** `pullRequest` null: it is on the branch. */
  | { readonly kind: 'written'; readonly revision: Revision; readonly pullRequest: OpenPullRequest | null }
  /** A pull request shows it already, or a person pushed to its branch. */
  | { readonly kind: 'waits'; readonly reason: string; readonly pullRequest: OpenPullRequest | null }
  | { readonly kind: 'overtaken' };

interface Writing {
  readonly promoter: Promoter;
  readonly context: StepContext;
}

/** One commit on the branch of the stage, with its record in the same push; or a pull request that has it. */
export async function writePromotion(step: Step, change: StageChange, writing: Writing): Promise<WrittenPromotion> {
  const commit = await commitOf(step, change, writing);
  return step.promotion.via === 'pullRequest'
    ? proposeChange(step, change, { ...writing, commit })
    : commitChange(step, change, { ...writing, commit });
}

async function commitOf(step: Step, change: StageChange, { promoter, context }: Writing): Promise<ReadyCommit> {
  const { ports, readers, signal } = context;
  const { edits, files, rootTree, tip } = change;
  const trees = await readerOf(step.step.to, readers).treesAbove(rootTree, [...files.keys()], signal);
  const message = commitMessage(writtenOf(step, change, promoter), edits);
  return { tip: tip.revision, rootTree, trees, files, author: AUTHOR, atMs: ports.nowMs(), sign: null, message };
}

async function commitChange(
  step: Step,
  change: StageChange,
  { promoter, context, commit }: Writing & { readonly commit: ReadyCommit },
): Promise<WrittenPromotion> {
  const { ports, signal } = context;
  const { repository, ref } = step.step.to;
  const written = writtenOf(step, change, promoter);
  const message = (revision: Revision) => recordMessage(written, revision);
  const records = [{ ref: promotionRef(nameOf(step)), tip: change.tip.record, message }];
  const writer = await ports.openWriter(repository);
  const outcome = await writer.write({ ...commit, ref, records }, signal);
  if (outcome.kind === 'overtaken') return outcome;
  const { revision } = outcome;
  if (outcome.recordsRefused !== null) warnOfRefusal(step, outcome.recordsRefused, ports);
  await report(step, change, { promoter, context, revision, pullRequest: null });
  return { kind: 'written', revision, pullRequest: null };
}

async function proposeChange(
  step: Step,
  change: StageChange,
  { promoter, context, commit }: Writing & { readonly commit: ReadyCommit },
): Promise<WrittenPromotion> {
  const { ports, readers, signal } = context;
  const { repository, branch: into } = step.step.to;
  const reader = readerOf(step.step.to, readers);
  const written = writtenOf(step, change, promoter);
  const head = headOf(nameOf(step));
  const recorded = (await readChain(step, change.tip, context)).map(({ message }) => message);
  const isSame = (message: string) =>
    isSamePromotion(recordIn(message, nameOf(step)), recordIn(commit.message, nameOf(step)));
  const proposed = await propose(
    {
      repository,
      head,
      into,
      found: await findHead({ tip: change.tip.head, recorded, files: commit.files, isSame }, reader, signal),
      open: await findOpen(step, context),
      commit: () => Promise.resolve(commit),
      text: pullRequestText(written, change.edits),
      records: [
        {
          ref: promotionRef(nameOf(step)),
          tip: change.tip.record,
          message: (revision, pullRequest) => proposalMessage(written, { revision, pullRequest }),
        },
      ],
    },
    { ...ports, reader },
    signal,
  );
  switch (proposed.kind) {
    case 'proposed': {
      const { revision, pullRequest } = proposed;
      await report(step, change, { promoter, context, revision, pullRequest });
      return { kind: 'written', revision, pullRequest };
    }
    case 'current': {
      const { pullRequest } = proposed;
      return { kind: 'waits', reason: waitsForMerge(step.step.to, pullRequest), pullRequest };
    }
    case 'left-alone':
      return { kind: 'waits', reason: leftAlone(step), pullRequest: null };
    case 'overtaken':
      return proposed;
    default:
      return proposed satisfies never;
  }
}

/** Where it comes from does not count: another commit with the same versions is the same change. */
function isSamePromotion(one: PromotionRecord | null, other: PromotionRecord | null): boolean {
  return isDeepStrictEqual([one?.moved, one?.hold], [other?.moved, other?.hold]);
}

/** Ends a hold of a stage that has what was promoted. The record has no commit on the branch. */
export async function writeRelease(
  step: Step,
  change: StageChange & { readonly tip: { readonly record: Revision } },
  { promoter, context: { ports, signal } }: { readonly promoter: Promoter; readonly context: StepContext },
): Promise<void> {
  const writer = await ports.openWriter(step.step.to.repository);
  const message = releaseMessage(writtenOf(step, change, promoter), change.tip.revision);
  const ref = promotionRef(nameOf(step));
  const { rootTree, tip } = change;
  await writer.addRecords(
    [{ ref, tip: tip.record, rootTree, author: AUTHOR, atMs: ports.nowMs(), message, sign: null }],
    signal,
  );
}

function writtenOf(step: Step, { sources, edits }: StageChange, promoter: Promoter): PromotionToWrite {
  const from = sources.map(({ target, revision }) => ({ stage: target.name, revision }));
  return { ...nameOf(step), from, moved: movedBy(edits), ...promoter };
}

async function report(
  { promotion, step }: Step,
  { sources, edits, leftOut }: StageChange,
  {
    promoter,
    context: { ports, signal },
    revision,
    pullRequest,
  }: Writing & { readonly revision: Revision; readonly pullRequest: OpenPullRequest | null },
): Promise<void> {
  const { by } = promoter;
  const { branch } = step.to;
  const at = { promotion: promotion.name, stage: step.to.name, repository: step.to.repository.name, branch };
  const from = sources.map((source) => ({ stage: source.target.name, revision: source.revision }));
  const moved = movedBy(edits);
  const changes = moved.map((each) => (isValue(each) ? { key: each.key } : each));
  const holds = promoter.isHold ? { hold: by } : {};
  const page = pullRequest === null ? {} : { pullRequest: pullRequest.url };
  const message = pullRequest === null ? 'promoted' : 'promotion-proposed';
  ports.log({ level: 'info', message, ...at, revision, from, changes, by, ...holds, ...page, leftOut });
  const shown = moved.map((each) => (isValue(each) ? { key: each.key, from: [], to: null } : each));
  const event = { promotion: promotion.name, branch, revision, from, by, pullRequest: pullRequest?.url ?? null };
  await ports.report({ kind: 'promoted', ...event, changes: shown }, step.to, signal);
}

function warnOfRefusal({ promotion, step }: Step, refused: string, { log }: Pick<PromotionPorts, 'log'>): void {
  const { repository, branch, name: stage } = step.to;
  const at = { promotion: promotion.name, stage, repository: repository.name, branch };
  const reason = `the Git host refuses refs/headgate/promotions (${refused}), so only the last 200 commits of the branch say what was promoted`;
  log({ level: 'warn', message: 'promotion-record-refused', ...at, reason });
}
