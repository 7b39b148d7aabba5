import type { BranchChange, BranchWriter, RecordAddition, WriteResult } from '../../images/branch-writer.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Revision } from '../../snapshot/source.ts';
import { formatOf } from '../wire/object-format.ts';
import type { ObjectFormat } from '../wire/object-format.ts';
import type { GitServer } from '../wire/transport.ts';
import { commitObject, treesWith } from './new-objects.ts';
import type { NewObject } from './new-objects.ts';
import { packFile } from './pack-file.ts';
import { receivePack } from './receive-pack.ts';
import type { Advertised, PushReport, RefUpdate } from './receive-pack.ts';
import { isRace, withRemedy } from './refusal.ts';

/** Writes to one repository. `server` has the credentials of `write`. */
export function openBranchWriter(server: GitServer): BranchWriter {
  const remote = receivePack(server);

  async function write(change: BranchChange, signal: AbortSignal): Promise<WriteResult> {
    const advertised = await remote.advertised(signal);
    const commit = commitOf(change);
    const updates = [branchUpdate(change, commit), ...commit.records];
    if (updates.some((update) => isMoved(update, advertised))) return { kind: 'overtaken' };
    return push({ change, commit, advertised }, signal);
  }

  /**
   * Never a record without its branch: a record of a commit that is not on the branch would look like a revert. The branch is
   * pushed without the records that the host refuses.
   */
  async function push({ change, commit, advertised }: Prepared, signal: AbortSignal): Promise<WriteResult> {
    const { revision, objects, records } = commit;
    const format = formatOf(revision);
    const branch = branchUpdate(change, commit);
    const isAtomic = advertised.capabilities.has('atomic');
    const send = (updates: readonly RefUpdate[]) =>
      remote.push({ updates, pack: packFile(objects, format), isAtomic }, { advertised, format }, signal);
    const report = await send(isAtomic ? [branch, ...records] : [branch]);
    const refusedRecord = records.flatMap(({ ref }) => report.refused.get(ref) ?? []).find(isOwnReason);
    // git moves the others when it hides a ref, even in an atomic push.
    if (!report.refused.has(change.ref)) {
      const isSent = isAtomic || records.length === 0;
      return {
        kind: 'written',
        revision,
        recordsRefused: isSent ? firstReason(report) : await reasonOf(send(records)),
      };
    }
    if (await isOvertaken(report, [branch, ...records], signal)) return { kind: 'overtaken' };
    const isBranchRefused = isOwnReason(report.refused.get(change.ref) ?? 'atomic');
    if (isBranchRefused || refusedRecord === undefined) throw refusal(report, change.ref, server);
    const again = await send([branch]);
    if (again.refused.size === 0) return { kind: 'written', revision, recordsRefused: refusedRecord };
    if (await isOvertaken(again, [branch], signal)) return { kind: 'overtaken' };
    throw refusal(again, change.ref, server);
  }

  /** The branch has moved already, so a push of its records that fails is not a failure of the change. */
  async function reasonOf(pushed: Promise<PushReport>): Promise<string | null> {
    try {
      return firstReason(await pushed);
    } catch (thrown) {
      return asDeployError(thrown).message;
    }
  }

  /** A ref that is somewhere else now, or that another push holds, is a lost race, whatever words the server has for it. */
  async function isOvertaken(
    { refused }: PushReport,
    updates: readonly RefUpdate[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const now = await remote.advertised(signal);
    if (updates.some((update) => isMoved(update, now))) return true;
    const reasons = [...refused.values()].filter(isOwnReason);
    return reasons.every((reason) => isRace(reason));
  }

  async function addRecords(records: readonly RecordAddition[], signal: AbortSignal): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    const format = formatOf(first.rootTree);
    const advertised = await remote.advertised(signal);
    const added = records.map(({ ref, tip, rootTree, ...text }) => {
      const parents = tip === null ? [] : [tip];
      const commit = commitObject({ ...text, tree: rootTree, parents }, format);
      return { commit, update: { ref, from: tip, to: commit.id } };
    });
    const pack = packFile(
      added.map(({ commit }) => commit),
      format,
    );
    const pushed = { updates: added.map(({ update }) => update), pack, isAtomic: false };
    const report = await remote.push(pushed, { advertised, format }, signal);
    if (report.refused.size > 0) throw refusal(report, first.ref, server);
  }

  return {
    usage: remote.usage,
    write: (change, signal) => withRemedy(write(change, signal)),
    addRecords: (records, signal) => withRemedy(addRecords(records, signal)),
  };
}

interface Prepared {
  readonly change: BranchChange;
  readonly commit: ReturnType<typeof commitOf>;
  readonly advertised: Advertised;
}

function commitOf(change: BranchChange) {
  const format: ObjectFormat = formatOf(change.tip);
  const { author, atMs, sign } = change;
  const trees = treesWith(change, format);
  const tree = trees.at(-1)?.id ?? change.rootTree;
  const commit = commitObject({ tree, parents: [change.tip], author, atMs, message: change.message, sign }, format);
  const revision = revisionOf(commit);
  const own = change.records.map(({ ref, tip, message }) => {
    const parents = tip === null ? [] : [tip];
    const record = commitObject({ tree, parents, author, atMs, message: message(revision, tree), sign }, format);
    return { record, update: { ref, from: tip, to: record.id } satisfies RefUpdate };
  });
  const objects: readonly NewObject[] = [...trees, commit, ...own.map(({ record }) => record)];
  return { revision, objects, records: own.map(({ update }) => update) };
}

function branchUpdate({ ref, tip, from }: BranchChange, { revision }: Pick<Prepared['commit'], 'revision'>): RefUpdate {
  return { ref, from: from === undefined ? tip : from, to: revision };
}

function revisionOf({ id }: NewObject): Revision {
  const revision = asRevision(id);
  if (revision === null) throw new Error(`${id} is not a commit id`);
  return revision;
}

/** A ref that the server does not show may be hidden. */
function isMoved({ ref, from }: RefUpdate, { refs }: Advertised): boolean {
  const now = refs.get(ref);
  if (now === undefined) return ref.startsWith('refs/heads/') && from !== null;
  return now !== from;
}

/** With `atomic`, a ref is also refused because of another one. */
function isOwnReason(reason: string): boolean {
  return !/atomic|transaction/i.test(reason);
}

function firstReason({ refused }: PushReport): string | null {
  return [...refused.values()][0] ?? null;
}

function refusal({ refused, remarks }: PushReport, ref: string, server: GitServer): DeployError {
  const reason = [...refused.values()].find(isOwnReason) ?? firstReason({ refused, remarks }) ?? 'no reason given';
  const branch = ref.replace(/^refs\/heads\//, '');
  return new DeployError('push-refused', {
    subject: server.url,
    message: `the Git host refused the push to ${branch}: ${[reason, remarks].filter(Boolean).join('; ')}`,
    remedy: `Let the account of the repository's write credentials push to ${branch} without a review, or write to a branch that is not protected.`,
  });
}
