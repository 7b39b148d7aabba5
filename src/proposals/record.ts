import type { Revision } from '../snapshot/source.ts';

/** What the record of a proposal says beside what moves: it is read from the trailers of its commit. */
export interface ProposalRecord {
  /** The commit on the branch of the pull request. */
  readonly commit: string;
  /** Null: it was pushed, and the process may have died before it opened a pull request. */
  readonly pullRequest: number | null;
}

const COMMIT = 'Headgate-Commit';
const PULL_REQUEST = 'Headgate-Pull-Request';

/** `Headgate-Pull-Request: 12` */
export function pullRequestTrailer(pullRequest: number): string {
  return `${PULL_REQUEST}: ${pullRequest}`;
}

export function pullRequestIn(message: string): number | null {
  const [, number] = new RegExp(`^${PULL_REQUEST}: (\\d{1,15})$`, 'm').exec(message) ?? [];
  return number === undefined ? null : Number(number);
}

/** The commits on a branch that a record is of: of a release, those that the branches had then. */
export function recordedCommits(message: string): readonly string[] {
  return [...message.matchAll(new RegExp(`^${COMMIT}: (\\S+)$`, 'gm'))].map(([, commit = '']) => commit);
}

/** `Headgate-Commit: 1f0c…` */
export function commitTrailer(commit: string): string {
  return `${COMMIT}: ${commit}`;
}

/** The newest record of a commit that Headgate proposed; null: it did not. `messages`: of the records, the newest first. */
export function recordOfHead(head: Revision, messages: readonly string[]): ProposalRecord | null {
  const found = messages.find((message) => new RegExp(`^${COMMIT}: ${head}$`, 'm').test(message));
  return found === undefined ? null : { commit: head, pullRequest: pullRequestIn(found) };
}
