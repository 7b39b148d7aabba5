import type { OpenPullRequest } from '../../githost/port/pull-requests.ts';
import { recordedCommits } from '../../proposals/record.ts';
import { inOrder } from '../../proposals/signed-records.ts';
import type { PastCommit, Revision } from '../../snapshot/source.ts';
import type { BranchMemory } from './branch-memory.ts';
import { isAt, outdated, parseVersion } from './outdated.ts';
import type { ReferenceIn } from './outdated.ts';
import type { BranchReader, UpdatePorts } from './ports.ts';
import { referencesIn } from './read-branch.ts';
import type { ReadBranch } from './read-branch.ts';
import { lastWriteOf, recordRef, recordsIn, sinceRelease, writesOnly } from './record.ts';
import type { ImageRecord } from './record.ts';
import type { WriteGroup } from './write-group.ts';
import type { ImagePolicy } from '../../config/checked/config.ts';

export interface RevertedContext extends Pick<UpdatePorts, 'readers' | 'trust'> {
  readonly group: WriteGroup;
  readonly branch: ReadBranch;
  readonly reader: BranchReader;
  readonly memory: BranchMemory;
  /** The pull request of the group, if it is open. What it proposes was not taken back. */
  readonly findOpen: () => Promise<OpenPullRequest | null>;
}

/** How far back the branch itself is read where an image has no record, as on a host that refuses such refs. */
export const READ_COMMITS = 200;

/** What was written for an image, the oldest first. */
async function readRecords(
  image: string,
  looking: RevertedContext,
  signal: AbortSignal,
): Promise<readonly ImageRecord[]> {
  const { branch } = looking.group;
  const commits = sinceRelease(await readChain(image, looking, signal), image);
  const records = commits.toReversed().flatMap((commit) => recordsIn(commit, { image, branch }));
  if (records.every(({ pullRequest }) => pullRequest === null)) return records;
  const open = await looking.findOpen();
  return open === null ? records : records.filter(({ pullRequest }) => pullRequest !== open.number);
}

/**
 * The record of an image, the newest first. One request, and only for what is newer than the last time; with a key, a second one
 * for the branch.
 */
export async function readChain(
  image: string,
  { group, branch, reader, memory, trust }: Pick<RevertedContext, 'group' | 'branch' | 'reader' | 'memory' | 'trust'>,
  signal: AbortSignal,
): Promise<readonly PastCommit[]> {
  const ref = recordRef(image);
  const tip = branch.recordTips.get(ref) ?? null;
  const readFrom = { reader, memory };
  const chain = tip === null ? [] : await historyOf({ ref, tip, depth: null }, readFrom, signal);
  const recorded = await trust.signedOf(chain, { repository: group.repository, ref }, signal);
  if (!isBranchRead({ group, trust, tip })) return recorded;
  const ofBranch = await historyOf({ ref: group.ref, tip: branch.revision, depth: READ_COMMITS }, readFrom, signal);
  if (!trust.hasKey) return [...unrecorded(ofBranch, recorded), ...recorded];
  return inOrder(recorded, ofBranch).map(({ commit, isRecorded }) => (isRecorded ? commit : writesOnly(commit)));
}

/**
 * Is the branch read too? It has the same trailers. With a key, they show what someone removed from the records. The commit of
 * a squashed pull request is not the one that its record names.
 */
function isBranchRead({
  group,
  trust,
  tip,
}: Pick<RevertedContext, 'group' | 'trust'> & { readonly tip: Revision | null }): boolean {
  return tip === null || group.via === 'api' || (trust.hasKey && group.via === 'commit');
}

/** An API moves no record with the branch, so a process may die between the two. */
function unrecorded(ofBranch: readonly PastCommit[], recorded: readonly PastCommit[]): readonly PastCommit[] {
  const known = new Set(recorded.flatMap(({ message }) => recordedCommits(message)));
  const last = ofBranch.findIndex(({ revision }) => known.has(revision));
  return last === -1 ? ofBranch : ofBranch.slice(0, last);
}

async function historyOf(
  { ref, tip, depth }: { readonly ref: string; readonly tip: Revision; readonly depth: number | null },
  { reader, memory }: Pick<RevertedContext, 'reader' | 'memory'>,
  signal: AbortSignal,
): Promise<readonly PastCommit[]> {
  const known = memory.histories.get(ref) ?? null;
  if (known?.tip === tip) return known.commits;
  const before = depth === null ? known : null;
  const read = async () => {
    const older = await before?.commits;
    return [...(await reader.history({ tip, known: before?.tip ?? null, depth }, signal)), ...(older ?? [])];
  };
  // Images are decided side by side, and those without a record read the same branch.
  const commits = read();
  memory.histories.set(ref, { tip, commits });
  commits.catch(() => (known === null ? memory.histories.delete(ref) : memory.histories.set(ref, known)));
  return commits;
}

/** The references of a version that we wrote and that a person took back, each with our write. */
export interface Reverted {
  readonly references: readonly ReferenceIn[];
  readonly version: string;
  readonly write: ImageRecord;
}

/** What keeps an image from being written. Null: nothing does. */
export async function findHeld(
  {
    policy,
    version,
    behind,
    all,
  }: {
    readonly policy: ImagePolicy;
    /** The version that would be written. */
    readonly version: string;
    /** The references that do not have it. */
    readonly behind: readonly ReferenceIn[];
    readonly all: readonly ReferenceIn[];
  },
  looking: RevertedContext,
  signal: AbortSignal,
): Promise<Reverted | null> {
  const reverted = await findReverted({ policy, version, references: behind }, looking, signal);
  if (reverted !== null || policy.afterRevert === 'skip') return reverted;
  return findLastReverted({ policy, references: all }, looking, signal);
}

/** Whether the last version that was written is no longer where it was written. */
async function findLastReverted(
  { policy, references }: { readonly policy: ImagePolicy; readonly references: readonly ReferenceIn[] },
  looking: RevertedContext,
  signal: AbortSignal,
): Promise<Reverted | null> {
  const last = (await readRecords(policy.name, looking, signal)).at(-1);
  if (last === undefined) return null;
  const missing = outdated(references, parseVersion(last.to), policy);
  return missing.length === 0 ? null : findReverted({ policy, version: last.to, references: missing }, looking, signal);
}

/**
 * Which of these references, none of which has the version, had it after we wrote it: a person reverted our commit, or set
 * the version back. A reference that is new since then was not. Null: none.
 */
async function findReverted(
  { policy, version, references }: Questioned,
  looking: RevertedContext,
  signal: AbortSignal,
): Promise<Reverted | null> {
  const write = lastWriteOf(version, await readRecords(policy.name, looking, signal));
  if (write === null) return null;
  const reverted: ReferenceIn[] = [];
  for (const each of references)
    if (await wasWritten({ policy, version, path: each.path, write }, looking, signal)) reverted.push(each);
  return reverted.length === 0 ? null : { references: reverted, version, write };
}

interface Questioned {
  readonly policy: ImagePolicy;
  readonly version: string;
  readonly references: readonly ReferenceIn[];
}

async function wasWritten(
  {
    policy,
    version,
    path,
    write,
  }: Omit<Questioned, 'references'> & { readonly path: string; readonly write: ImageRecord },
  { branch, reader, memory, readers }: RevertedContext,
  signal: AbortSignal,
): Promise<boolean> {
  const key = [write.rootTree, path, policy.name, version].join('\n');
  const known = memory.written.get(key);
  if (known !== undefined) return known;
  const [file] = await reader.files(write, [path], signal);
  const text = file?.kind === 'file' ? Buffer.from(file.bytes).toString() : '';
  const found = await referencesIn(text, { images: [policy], marked: branch.marked }, readers, signal);
  const references = found.kind === 'read' ? found.references : [];
  const wasThere = references.some((reference) => isAt(reference, parseVersion(version), policy));
  memory.written.set(key, wasThere);
  return wasThere;
}
