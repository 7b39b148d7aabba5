import type { CommentAddress, PullRequests, StickyComment } from '../../deploy/ports/githost/pull-requests.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { RepositoryLocation } from '../../githost/port/host-api.ts';
import type {
  Comment,
  FoundPullRequest,
  HostCall,
  Page,
  PullRequest,
  PullRequestApi,
} from '../../githost/port/pull-requests.ts';
import { openHostClient } from './host-client.ts';
import type { HostAccess, Refused } from './host-client.ts';

export interface PullRequestsOptions extends HostAccess {
  readonly api: PullRequestApi;
  readonly repository: RepositoryLocation;
}

/** Of a list. A pull request with more comments or commits than fill these pages is refused, and never half read. */
const MAX_PAGES = 100;
/** A page of a hundred comments, each as long as a host accepts. Anyone may write them. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
/** A comment that may have been created is looked for before it is created again. */
const UPSERT_ATTEMPTS = 3;

/** Pull requests over a Git host's REST API, for one run. */
export function openPullRequests({ api, repository, ...access }: PullRequestsOptions): PullRequests {
  const client = openHostClient({ bodyLimitBytes: BODY_LIMIT_BYTES, ...access });

  async function send<Result>(
    { request, read }: HostCall<Result>,
    signal: AbortSignal,
    isRepeatable = true,
  ): Promise<Result | null> {
    const answer = await client.send(
      request,
      {
        what: 'reading the pull request',
        isRepeatable,
        isAccepted: (each) => read(each) !== undefined,
        failure: (refused) => notRead(refused, api),
      },
      signal,
    );
    return read(answer) ?? null;
  }

  async function* pagesOf<Item>(callOf: (page: number) => HostCall<Page<Item>>, signal: AbortSignal) {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const call = callOf(page);
      const found = await send(call, signal);
      if (found === null) throw missing(call.request.url, 'it does not exist, or the credentials may not see it');
      yield found.items;
      if (found.isLast) return;
    }
    throw missing(callOf(MAX_PAGES).request.url, `it has more than ${MAX_PAGES} pages`);
  }

  async function allOf<Item>(callOf: (page: number) => HostCall<Page<Item>>, signal: AbortSignal) {
    const all: Item[] = [];
    for await (const items of pagesOf(callOf, signal)) all.push(...items);
    return all;
  }

  /** Null: it was deleted after it was listed. */
  async function complete(found: FoundPullRequest, signal: AbortSignal): Promise<PullRequest | null> {
    const { head, number } = found;
    if (head.revision === null && api.readHead === null) throw missing(found.url, 'its head is not known yet');
    const revision = head.revision ?? (api.readHead && (await send(api.readHead(repository, number), signal)));
    return revision === null ? null : { ...found, head: { ...head, revision } };
  }

  async function completeAll(list: readonly FoundPullRequest[], signal: AbortSignal): Promise<readonly PullRequest[]> {
    const all: PullRequest[] = [];
    for (const found of list) {
      const whole = await complete(found, signal);
      if (whole !== null) all.push(whole);
    }
    return all;
  }

  const locationOf = (at: CommentAddress) => ({ ...repository, ...at });
  const commentsOf = (pullRequest: number, signal: AbortSignal) =>
    allOf((page) => api.listComments(repository, pullRequest, page), signal);

  async function upsert(
    pullRequest: number,
    { body, isOurs }: StickyComment,
    { signal, attempts }: { readonly signal: AbortSignal; readonly attempts: number },
  ): Promise<Comment> {
    const written = (await commentsOf(pullRequest, signal)).find((comment) => isOurs(comment));
    if (written?.body === body) return written;
    try {
      if (written === undefined)
        return existing(await send(api.createComment(repository, pullRequest, body), signal, false), pullRequest);
      const at = locationOf({ pullRequest, commentId: written.id });
      return existing(await send(api.changeComment(at, body, written), signal), pullRequest);
    } catch (thrown) {
      // It may have been written nevertheless, or been deleted meanwhile.
      const isUnclear = thrown instanceof DeployError && thrown.code === 'host-unreachable';
      if (!isUnclear || attempts + 1 >= UPSERT_ATTEMPTS || signal.aborted) throw thrown;
      await access.wait(1_000, signal);
      return upsert(pullRequest, { body, isOurs }, { signal, attempts: attempts + 1 });
    }
  }

  return {
    usage: client.usage,
    commentLimit: api.commentLimit,
    headRefOf: (pullRequest) => api.headRefOf(pullRequest),
    async read(pullRequest, signal) {
      const found = await send(api.readOne(repository, pullRequest), signal);
      return found === null ? null : complete(found, signal);
    },
    async listOpen(into, atMost, signal) {
      const list: FoundPullRequest[] = [];
      for await (const items of pagesOf((page) => api.listOpen(repository, into, page), signal)) {
        list.push(...items);
        if (list.length > atMost) break;
      }
      const pullRequests = await completeAll(list.slice(0, atMost), signal);
      return { pullRequests, isComplete: list.length <= atMost };
    },
    async ofCommit(revision, signal) {
      const call = api.ofCommit(repository, revision);
      const found = await send(call, signal);
      if (found === null) throw missing(call.request.url, 'the host does not know the commit');
      return completeAll(found, signal);
    },
    comments: commentsOf,
    comment: (at, signal) => send(api.readComment(locationOf(at)), signal),
    upsertComment: (pullRequest, comment, signal) => upsert(pullRequest, comment, { signal, attempts: 0 }),
    async react(at, reaction, signal) {
      if (api.react !== null) await send(api.react(locationOf(at), reaction), signal);
    },
    async mayWrite(account, signal) {
      // A user that the host does not know may not.
      const known = async () => (await send(api.mayWrite(repository, account), signal)) ?? false;
      return unlessForbidden(known());
    },
    async contributors(pullRequest, signal) {
      const commits = await unlessForbidden(allOf((page) => api.listCommits(repository, pullRequest, page), signal));
      if (commits === null) return null;
      return {
        accounts: commits.flatMap(({ accounts }) => accounts),
        names: commits.flatMap(({ names }) => names),
        isComplete: api.commitLimit === null || commits.length < api.commitLimit,
      };
    },
  };
}

/** Null: the credentials may not ask. */
async function unlessForbidden<Result>(work: Promise<Result>): Promise<Result | null> {
  return work.catch((thrown: unknown) => {
    if (thrown instanceof DeployError && thrown.code === 'host-forbidden') return null;
    throw thrown;
  });
}

function existing(comment: Comment | null, pullRequest: number): Comment {
  if (comment !== null) return comment;
  throw missing(`pull request ${pullRequest}`, 'it does not exist, or the comment was deleted');
}

function missing(subject: string, reason: string): DeployError {
  return new DeployError('host-unreachable', {
    subject,
    message: `the Git host did not answer the request: ${reason}`,
    remedy: 'Check that the pull request exists, and that the credentials of the repository may read it.',
  });
}

function notRead({ request: { url, method }, status, reason, afterMs }: Refused, api: PullRequestApi): DeployError {
  const isForbidden = (status === 401 || status === 403) && afterMs === null;
  return new DeployError(isForbidden ? 'host-forbidden' : 'host-unreachable', {
    subject: url,
    message: `the Git host did not ${method === 'GET' ? 'answer the request' : 'accept the change'}: ${reason}`,
    remedy: isForbidden
      ? `Allow the credentials of the repository to do this (${api.permission}).`
      : 'Wait for the retry, and check that api of the repository is reachable.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}
