import { isDeepStrictEqual } from 'node:util';
import type { Target } from '../../config/checked/config.ts';
import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import { recordOfHead } from '../../proposals/record.ts';
import type { Edit } from '../carry/carried.ts';
import { headOf, movedBy, recordIn } from '../record/record.ts';
import { nameOf } from './ports.ts';
import type { Step } from './ports.ts';
import { findOpen, readChain } from './read-step.ts';
import type { StepContext, Tip } from './read-step.ts';

/** What the branch of a pull request has now, for people. */
export interface OpenProposal {
  /** Null: none is open. */
  readonly open: OpenPullRequest | null;
  /** A person pushed to the branch. */
  readonly isForeign: boolean;
  /** Whether the open pull request proposes these edits, and no others. */
  readonly shows: (edits: readonly Edit[]) => boolean;
}

/** Null: the step has no branch that a pull request could be open for. */
export async function readProposal(step: Step, tip: Tip, context: StepContext): Promise<OpenProposal | null> {
  if (tip.head === null) return null;
  const [open, chain] = await Promise.all([findOpen(step, context), readChain(step, tip, context)]);
  const messages = chain.map(({ message }) => message);
  const record = messages.map((message) => recordIn(message, nameOf(step))).find((each) => each !== null);
  return {
    open,
    isForeign: recordOfHead(tip.head, messages) === null,
    shows: (edits) => record?.pullRequest === open?.number && isDeepStrictEqual(record?.moved, movedBy(edits)),
  };
}

/** Why nothing is written: the pull request shows it already. */
export function waitsForMerge({ approval }: Pick<Target, 'approval'>, { number, url }: OpenPullRequest): string {
  const what = approval === 'plan' ? 'waits for approval by its merge' : 'is open';
  return `pull request ${number} ${what}: ${url}`;
}

export function leftAlone(step: Step): string {
  return `someone else pushed to ${headOf(nameOf(step))}, so it is left alone. Merge or close its pull request, and delete the branch, to have it updated again`;
}

/** What people have to know about the pull request; null: nothing. `isMoving`: nothing keeps it from being updated. */
export function reasonOfProposal(
  step: Step,
  { open, isForeign, shows }: OpenProposal,
  { edits, isMoving }: { readonly edits: readonly Edit[]; readonly isMoving: boolean },
): string | null {
  if (isForeign) return edits.length > 0 || open !== null ? leftAlone(step) : null;
  if (open === null) return null;
  if (edits.length > 0 && shows(edits)) return waitsForMerge(step.step.to, open);
  return isMoving ? null : `pull request ${open.number} is still open with what it proposed before: ${open.url}`;
}
