import { commitTrailer, pullRequestIn, pullRequestTrailer } from '../../proposals/record.ts';
import type { ObjectId, PastCommit, Revision } from '../../snapshot/source.ts';

/** What Headgate wrote for one image into one branch. It is read from the trailers of the commits that Headgate made. */
export interface ImageRecord {
  readonly image: string;
  readonly branch: string;
  /** The versions that were replaced. */
  readonly from: readonly string[];
  readonly to: string;
  /** The commit on the branch; null: it is this one. */
  readonly commit: string | null;
  /** The pull request that proposed it; null: it was written to the branch at once. */
  readonly pullRequest: number | null;
  /** Its own commit. */
  readonly revision: Revision;
  /** What the branch contained after it, which its own commit contains too. */
  readonly rootTree: ObjectId;
}

export function recordRef(image: string): string {
  return `refs/headgate/images/${image}`;
}

const IMAGE = 'Headgate-Image';
const COMMIT = 'Headgate-Commit';
const BRANCH = 'Headgate-Branch';

/** `Headgate-Image: web 1.1.0, 1.2.0 -> 1.3.0` */
export function imageTrailer({ image, from, to }: Pick<ImageRecord, 'image' | 'from' | 'to'>): string {
  return `${IMAGE}: ${image} ${from.join(', ')} -> ${to}`;
}

export function recordMessage(record: Pick<ImageRecord, 'image' | 'from' | 'to' | 'branch'>, commit: string): string {
  const { image, to, branch } = record;
  return `Write ${image} ${to}\n\n${imageTrailer(record)}\n${BRANCH}: ${branch}\n${commitTrailer(commit)}\n`;
}

/**
 * The record of a version that a pull request proposes. Before one is open, the trailer has another name: a version that no one
 * has seen cannot have been declined.
 */
export function proposalMessage(
  record: Pick<ImageRecord, 'image' | 'from' | 'to' | 'branch' | 'pullRequest'>,
  commit: string,
): string {
  const { image, to, pullRequest } = record;
  if (pullRequest !== null) return `${recordMessage(record, commit)}${pullRequestTrailer(pullRequest)}\n`;
  return recordMessage(record, commit)
    .replace(`Write ${image} ${to}`, `Propose ${image} ${to}`)
    .replace(`\n${IMAGE}:`, `\n${PROPOSED}:`);
}

const PROPOSED = 'Headgate-Image-Proposed';

/** The versions that a commit writes, by image. */
export function versionsOf(message: string): ReadonlyMap<string, string> {
  const lines = message.matchAll(new RegExp(`^${IMAGE}: (\\S+) .*?-> (\\S+)\\s*$`, 'gm'));
  return new Map([...lines].map(([, image = '', to = '']) => [image, to]));
}

const RELEASED = 'Headgate-Image-Released';

/** The record of a person who lets a reverted version be written again. `tips`: of the branches, so that its place is known. */
export function releaseMessage(image: string, by: string, tips: readonly Revision[]): string {
  const commits = tips.map((tip) => `${commitTrailer(tip)}\n`).join('');
  return `Release ${image}\n\n${RELEASED}: ${image}\nReleased-By: ${by}\n${commits}`;
}

/** What was written since the image was released last. `commits`: the newest first. */
export function sinceRelease(commits: readonly PastCommit[], image: string): readonly PastCommit[] {
  const isRelease = new RegExp(`^${RELEASED}: ${image}$`, 'm');
  const last = commits.findIndex(({ message }) => isRelease.test(message));
  return last === -1 ? commits : commits.slice(0, last);
}

/**
 * A commit of the branch, reduced to what can only keep versions from being written: anyone whose commit is merged may write
 * trailers, and must not be able to let a version be written again.
 */
export function writesOnly(commit: PastCommit): PastCommit {
  const trailers = [...versionsOf(commit.message)].map(([image, to]) => imageTrailer({ image, from: [], to }));
  return { ...commit, message: `${trailers.join('\n')}\n` };
}

/** The records of one image in a commit. A commit on the branch itself names no branch. */
export function recordsIn(
  { message, revision, rootTree }: PastCommit,
  { image, branch }: Pick<ImageRecord, 'image' | 'branch'>,
): readonly ImageRecord[] {
  const trailer = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1]?.trim() ?? null;
  if ((trailer(BRANCH) ?? branch) !== branch) return [];
  const commit = trailer(COMMIT);
  return [...message.matchAll(new RegExp(`^${IMAGE}: (\\S+) (.*?) ?-> (\\S+)\\s*$`, 'gm'))].flatMap(
    ([, name, from = '', to = '']) => {
      const replaced = from.split(', ').filter((version) => version !== '');
      const pullRequest = pullRequestIn(message);
      return name === image ? [{ image, branch, from: replaced, to, commit, pullRequest, revision, rootTree }] : [];
    },
  );
}

/**
 * The write of this version that may have been reverted: the last one, unless we replaced it ourselves since. Null: the
 * version was never written, or Headgate itself replaced it. `records`: the oldest first.
 */
export function lastWriteOf(version: string, records: readonly ImageRecord[]): ImageRecord | null {
  const index = records.findLastIndex(({ to }) => to === version);
  const isMeant = (replaced: string) => replaced === version || version.endsWith(`@${replaced}`);
  const isReplacedByUs = records.slice(index + 1).some(({ from }) => from.some(isMeant));
  return isReplacedByUs ? null : (records[index] ?? null);
}
