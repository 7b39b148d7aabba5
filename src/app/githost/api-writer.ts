import { DeployError } from '../../error/deploy-error.ts';
import { readTree } from '../../git/tree.ts';
import type { ApiCommit, ApiFile, CommitApi } from '../../githost/commits/port.ts';
import type { RepositoryLocation } from '../../githost/port/host-api.ts';
import type { BranchChange, BranchWriter, TreeObject, WriteResult } from '../../images/branch-writer.ts';
import type { BranchReader } from '../../images/update/ports.ts';
import type { Revision } from '../../snapshot/source.ts';
import { hostFailure, sendCall } from './host-calls.ts';
import { openHostClient } from './host-client.ts';
import type { HostAccess, RefusedRequest } from './host-client.ts';

export interface ApiWriterOptions extends HostAccess {
  readonly api: CommitApi;
  readonly repository: RepositoryLocation;
  /** Pushes the records: no API makes them. */
  readonly git: BranchWriter;
  readonly reader: Pick<BranchReader, 'tips' | 'rootTree'>;
}

/** GitLab answers a request for the last commit of a file with the file. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Commits by the API of a Git host, so that the host signs them. */
export function openApiWriter({ api, repository, git, reader, ...access }: ApiWriterOptions): BranchWriter {
  const client = openHostClient({ bodyLimitBytes: BODY_LIMIT_BYTES, ...access });
  const failure = (refused: RefusedRequest) =>
    hostFailure(refused, { what: 'did not accept the commit', allow: `commit by its API (${api.permission})` });

  async function write(change: BranchChange, signal: AbortSignal): Promise<WriteResult> {
    const call = api.commit(repository, await commitOf(change, signal));
    // Not repeated: whether it was carried out is found out by reading the branch.
    const sending = { client, what: 'committing by the API', isRepeatable: false, failure };
    const made = await sendCall(call, sending, signal);
    if (made?.kind === 'committed')
      return { kind: 'written', revision: made.revision, recordsRefused: await record(change, made.revision, signal) };
    const now = (await reader.tips([change.ref], signal)).get(change.ref);
    // Hosts have words for a lost race, and no code.
    if (now !== change.tip) return { kind: 'overtaken' };
    throw refusal(call.request.url, made?.reason ?? 'the repository or its branch does not exist', change);
  }

  async function commitOf({ ref, tip, message, author, files, trees }: BranchChange, signal: AbortSignal) {
    const listed: ApiFile[] = [];
    for (const [path, content] of files) {
      const lastCommit = await lastCommitOf(path, tip, signal);
      listed.push({ path, content, blob: blobAt(path, trees), lastCommit });
    }
    return { branch: branchOf(ref), tip, message, author, files: listed } satisfies ApiCommit;
  }

  async function lastCommitOf(path: string, revision: Revision, signal: AbortSignal): Promise<string> {
    if (api.lastCommitOf === null) return '';
    const call = api.lastCommitOf(repository, { path, revision });
    return (await sendCall(call, { client, what: 'reading a file', failure }, signal)) ?? '';
  }

  /** Why the host does not accept the records; null: it does. The commit is on the branch in any case. */
  async function record(change: BranchChange, revision: Revision, signal: AbortSignal): Promise<string | null> {
    const { records, author, atMs } = change;
    const rootTree = await reader.rootTree(revision, signal);
    const text = { rootTree, author, atMs, sign: null };
    const additions = records.map(({ ref, tip, message }) => ({
      ...text,
      ref,
      tip,
      message: message(revision, rootTree),
    }));
    return git.addRecords(additions, signal).then(
      () => null,
      (thrown: unknown) => {
        if (thrown instanceof DeployError && thrown.code === 'push-refused') return thrown.message;
        throw thrown;
      },
    );
  }

  return {
    get usage() {
      const { requests, bytes } = client.usage;
      return { requests: requests + git.usage.requests, bytes: bytes + git.usage.bytes };
    },
    write,
    addRecords: (records, signal) => git.addRecords(records, signal),
  };
}

function branchOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}

function blobAt(path: string, trees: ReadonlyMap<string, TreeObject>): string {
  const at = path.lastIndexOf('/');
  const tree = trees.get(path.slice(0, Math.max(at, 0)));
  const entries = tree === undefined ? [] : readTree(tree.data, { id: tree.id, subject: path });
  return entries.find(({ name }) => name === path.slice(at + 1))?.id ?? '';
}

function refusal(url: string, reason: string, { ref }: BranchChange): DeployError {
  const branch = branchOf(ref);
  return new DeployError('push-refused', {
    subject: url,
    message: `the Git host refused the commit to ${branch}: ${reason}`,
    remedy: `Let the account of the repository's write credentials commit to ${branch} without a review, or set via: pullRequest.`,
  });
}
