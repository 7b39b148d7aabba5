import type { Repository } from '../config/checked/config.ts';
import type { Git } from '../deploy/ports/git.ts';
import type { PullRequests } from '../deploy/ports/githost/pull-requests.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { OpenPullRequest, PullRequestText } from '../githost/port/pull-requests.ts';
import type { BranchWriter, ReadyCommit } from '../images/branch-writer.ts';
import type { Revision } from '../snapshot/source.ts';
import type { FoundHead } from './head.ts';

/** The pull requests that Headgate opens. */
export type ProposingApi = Pick<PullRequests, 'findOpen' | 'openOrUpdate' | 'update'>;

export interface ProposalPorts {
  readonly openWriter: (repository: Repository) => Promise<BranchWriter>;
  /** With the credentials that push. */
  readonly openProposals: (repository: Repository) => Promise<ProposingApi>;
}

/** A change that a pull request is to show. */
export interface Proposal {
  readonly repository: Repository;
  /** `headgate/update-images/main` */
  readonly head: string;
  /** The branch that it is to be merged into. */
  readonly into: string;
  /** What the branch of the pull request has now. */
  readonly found: FoundHead;
  /** Null: none is open. */
  readonly open: OpenPullRequest | null;
  readonly commit: () => Promise<ReadyCommit>;
  readonly text: PullRequestText;
  /** What was proposed is recorded before anyone sees it, so that a pull request that was closed is known. */
  readonly records: readonly ProposalRef[];
}

export interface ProposalRef {
  readonly ref: string;
  readonly tip: Revision | null;
  /** `pullRequest` null: none is open yet. */
  readonly message: (revision: Revision, pullRequest: number | null) => string;
}

export type Proposed =
  | { readonly kind: 'proposed'; readonly revision: Revision; readonly pullRequest: OpenPullRequest }
  /** The pull request shows it already. */
  | { readonly kind: 'current'; readonly pullRequest: OpenPullRequest }
  /** A person pushed to the branch, which is left alone. */
  | { readonly kind: 'left-alone'; readonly revision: Revision }
  | { readonly kind: 'overtaken' };

/**
 * Keeps one pull request up to date: a commit on the tip of the other branch, the record of it, and the texts. A process that
 * dies in between leaves what the next poll completes.
 * @throws DeployError `push-refused` when the host refuses the branch, or the record
 */
export async function propose(
  proposal: Proposal,
  { openWriter, openProposals, reader }: ProposalPorts & { readonly reader: Pick<Git, 'tips' | 'rootTree'> },
  signal: AbortSignal,
): Promise<Proposed> {
  const { repository, head, into, found, open, text } = proposal;
  if (found.kind === 'foreign') return { kind: 'left-alone', revision: found.head.revision };
  const writer = await openWriter(repository);
  const isPushed = found.kind === 'own' && found.isCurrent;
  const revision = isPushed ? found.head.revision : await push(proposal, writer, signal);
  if (revision === null) return { kind: 'overtaken' };
  const api = await openProposals(repository);
  // What was shown may have been declined meanwhile: only the next poll knows.
  const pullRequest =
    isPushed && open !== null
      ? await api.update(open, text, signal)
      : await api.openOrUpdate({ head, into, ...text }, signal);
  const recordedFor = isPushed ? found.recordedFor : (open?.number ?? null);
  if (recordedFor !== pullRequest.number)
    await addNumber({ proposal, revision, pullRequest }, { writer, reader }, signal);
  return isPushed && open !== null ? { kind: 'current', pullRequest } : { kind: 'proposed', revision, pullRequest };
}

/** Null: a ref is no longer where it was read. */
async function push(
  { repository, head, found, open, commit, records }: Proposal,
  writer: BranchWriter,
  signal: AbortSignal,
): Promise<Revision | null> {
  const number = open?.number ?? null;
  const written = await writer.write(
    {
      ...(await commit()),
      ref: `refs/heads/${head}`,
      from: found.kind === 'none' ? null : found.head.revision,
      records: records.map(({ ref, tip, message }) => ({
        ref,
        tip,
        message: (revision: Revision) => message(revision, number),
      })),
    },
    signal,
  );
  if (written.kind === 'overtaken') return null;
  if (written.recordsRefused !== null) throw recordsRefused(repository, written.recordsRefused);
  return written.revision;
}

interface Opened {
  readonly proposal: Proposal;
  readonly revision: Revision;
  readonly pullRequest: OpenPullRequest;
}

/** Its number is known only now. */
async function addNumber(
  { proposal, revision, pullRequest }: Opened,
  { writer, reader }: { readonly writer: BranchWriter; readonly reader: Pick<Git, 'tips' | 'rootTree'> },
  signal: AbortSignal,
): Promise<void> {
  const refs = proposal.records.map(({ ref }) => ref);
  const [tips, rootTree, { author, atMs, sign }] = await Promise.all([
    reader.tips(refs, signal),
    reader.rootTree(revision, signal),
    proposal.commit(),
  ]);
  const additions = proposal.records.flatMap(({ ref, message }) => {
    const tip = tips.get(ref);
    const text = message(revision, pullRequest.number);
    return tip === undefined ? [] : [{ ref, tip, rootTree, author, atMs, sign, message: text }];
  });
  if (additions.length < refs.length) throw recordsRefused(proposal.repository, 'the host does not show them');
  await writer.addRecords(additions, signal);
}

function recordsRefused({ name }: Repository, reason: string): DeployError {
  return new DeployError('push-refused', {
    subject: `repository ${name}`,
    message: `the Git host refuses refs/headgate (${reason}), which remember the pull requests that were closed`,
    remedy: "Let the account of the repository's write credentials push to refs/headgate/*, or set via: commit.",
  });
}
