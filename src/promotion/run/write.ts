import type { Written as WrittenCommit } from '../../images/branch-writer.ts';
import type { Revision } from '../../snapshot/source.ts';
import { isValue } from '../carry/carried.ts';
import { commitMessage } from '../record/commit-message.ts';
import { movedBy, promotionRef, recordMessage, releaseMessage } from '../record/record.ts';
import type { Written } from '../record/record.ts';
import { nameOf } from './ports.ts';
import type { Step } from './ports.ts';
import { readerOf } from './propose.ts';
import type { Proposal, Proposing } from './propose.ts';

/** Who promotes. `by` null: automation, which never sets a hold. */
export interface Promoter {
  readonly by: string | null;
  readonly isHold: boolean;
}

const AUTHOR = { name: 'headgate', email: 'headgate@localhost' };

/** One commit on the branch of the stage, with its record in the same push. */
export async function writePromotion(
  step: Step,
  proposal: Proposal,
  { promoter, proposing }: { readonly promoter: Promoter; readonly proposing: Proposing },
): Promise<WrittenCommit> {
  const { ports, readers, signal } = proposing;
  const { repository, ref } = step.step.to;
  const { edits, files, rootTree, tip } = proposal;
  const trees = await readerOf(step.step.to, readers).treesAbove(rootTree, [...files.keys()], signal);
  const writer = await ports.openWriter(repository);
  const written = writtenOf(step, proposal, promoter);
  const message = (revision: Revision) => recordMessage(written, revision);
  const outcome = await writer.write(
    {
      ref,
      tip: tip.revision,
      rootTree,
      trees,
      files,
      author: AUTHOR,
      atMs: ports.nowMs(),
      sign: null,
      message: commitMessage(written, edits),
      records: [{ ref: promotionRef(nameOf(step)), tip: tip.record, message }],
    },
    signal,
  );
  if (outcome.kind === 'written') report(step, proposal, { promoter, outcome, proposing });
  return outcome;
}

/** Ends a hold of a stage that has what was promoted. The record has no commit on the branch. */
export async function writeRelease(
  step: Step,
  proposal: Proposal & { readonly tip: { readonly record: Revision } },
  { promoter, proposing: { ports, signal } }: { readonly promoter: Promoter; readonly proposing: Proposing },
): Promise<void> {
  const writer = await ports.openWriter(step.step.to.repository);
  const message = releaseMessage(writtenOf(step, proposal, promoter));
  const ref = promotionRef(nameOf(step));
  const { rootTree, tip } = proposal;
  await writer.addRecord(
    { ref, tip: tip.record, rootTree, author: AUTHOR, atMs: ports.nowMs(), message, sign: null },
    signal,
  );
}

function writtenOf(step: Step, { sources, edits }: Proposal, promoter: Promoter): Written {
  const from = sources.map(({ target, revision }) => ({ stage: target.name, revision }));
  return { ...nameOf(step), from, moved: movedBy(edits), ...promoter };
}

function report(
  { promotion, step }: Step,
  { sources, edits, leftOut }: Proposal,
  {
    promoter,
    outcome,
    proposing: { ports },
  }: {
    readonly promoter: Promoter;
    readonly outcome: Extract<WrittenCommit, { kind: 'written' }>;
    readonly proposing: Proposing;
  },
): void {
  const { name: repository } = step.to.repository;
  const at = { promotion: promotion.name, stage: step.to.name, repository, branch: step.to.branch };
  const { revision, recordsRefused } = outcome;
  const from = sources.map((source) => ({ stage: source.target.name, revision: source.revision }));
  const changes = movedBy(edits).map((each) => (isValue(each) ? { key: each.key } : each));
  const holds = promoter.isHold ? { hold: promoter.by } : {};
  ports.log({ level: 'info', message: 'promoted', ...at, revision, from, changes, by: promoter.by, ...holds, leftOut });
  if (recordsRefused === null) return;
  const reason = `the Git host refuses refs/headgate/promotions (${recordsRefused}), so only the last 200 commits of the branch say what was promoted`;
  ports.log({ level: 'warn', message: 'promotion-record-refused', ...at, reason });
}
