import { cutEnd } from '../../error/cut-text.ts';
import type { CommentAddress, IsOurs, PullRequests, StickyComment } from '../../deploy/ports/githost/pull-requests.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { RepositoryLocation } from '../../githost/port/host-api.ts';
import type {
  BranchPair,
  Comment,
  FoundPullRequest,
  HostCall,
  OpenPullRequest,
  Page,
  PullRequest,
  PullRequestApi,
  PullRequestText,
} from '../../githost/port/pull-requests.ts';
import { shorten, TITLE } from '../../githost/port/shorten.ts';
import { contributorsOf } from './contributors.ts';
import { hostFailure, sendCall } from './host-calls.ts';
import { openHostClient } from './host-client.ts';
import type { HostAccess, RefusedRequest } from './host-client.ts';

export interface PullRequestsOptions extends HostAccess {
  readonly api: PullRequestApi;
  readonly repository: RepositoryLocation;
}

/** Of a list. A pull request with more comments or commits than fill these pages is refused, and never half read. */
const MAX_PAGES = 100;
/** A page of a hundred comments, each as long as a host accepts. Anyone may write them. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
/** What may have been created is looked for before it is created again. */
const UPSERT_ATTEMPTS = 3;

/** Pull requests over a Git host's REST API, for one run. */
export function openPullRequests({ api, repository, ...access }: PullRequestsOptions): PullRequests {
  const client = openHostClient({ bodyLimitBytes: BODY_LIMIT_BYTES, ...access });

  const failure = (refused: RefusedRequest) => {
    const what = refused.request.method === 'GET' ? 'did not answer the request' : 'did not accept the change';
    return hostFailure(refused, { what, allow: `access pull requests (${api.permission})` });
  };

  function send<Result>(call: HostCall<Result>, signal: AbortSignal, isRepeatable = true): Promise<Result | null> {
    return sendCall(call, { client, what: 'reading the pull request', isRepeatable, failure }, signal);
  }

  async function* pagesOf<Item>(callOf: (page: number) => HostCall<Page<Item>>, signal: AbortSignal) {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const call = callOf(page);
      const found = await send(call, signal);
      if (found === null) throw missing(call.request.url, 'not found, or not visible to the credentials');
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

  /** Page by page: people may write gigabytes of comments. */
  async function findComment(pullRequest: number, isOurs: IsOurs, signal: AbortSignal): Promise<Comment | null> {
    let likely: Comment | null = null;
    for await (const items of pagesOf((page) => api.listComments(repository, pullRequest, page), signal)) {
      for (const comment of items) {
        const verdict = isOurs(comment);
        if (verdict === 'proven') return comment;
        if (verdict === 'likely') likely ??= comment;
      }
    }
    return likely;
  }

  /** Writes what was not found. A failure may not show whether it was written, so then it is looked for again. */
  async function upserted<Found, Result>(
    { find, write }: { readonly find: () => Promise<Found>; readonly write: (found: Found) => Promise<Result> },
    signal: AbortSignal,
    attempts = 1,
  ): Promise<Result> {
    const found = await find();
    try {
      return await write(found);
    } catch (thrown) {
      const isUnclear = thrown instanceof DeployError && thrown.code === 'host-unreachable';
      if (!isUnclear || attempts >= UPSERT_ATTEMPTS || signal.aborted) throw thrown;
      await access.wait(1_000, signal);
      return upserted({ find, write }, signal, attempts + 1);
    }
  }

  function upsertComment(pullRequest: number, { body, isOurs }: StickyComment, signal: AbortSignal): Promise<Comment> {
    const find = () => findComment(pullRequest, isOurs, signal);
    const write = async (written: Comment | null) => {
      if (written?.body === body) return written;
      const subject = `pull request ${pullRequest}`;
      if (written === null)
        return existing(await send(api.createComment(repository, pullRequest, body), signal, false), subject);
      const at = locationOf({ pullRequest, commentId: written.id });
      return existing(await send(api.changeComment(at, body, written), signal), subject);
    };
    return upserted({ find, write }, signal);
  }

  async function findOpen(branches: BranchPair, signal: AbortSignal): Promise<OpenPullRequest | null> {
    for await (const [found] of pagesOf((page) => api.findOpen(repository, branches, page), signal))
      if (found !== undefined) return found;
    return null;
  }

  function openOrUpdate(what: BranchPair & PullRequestText, signal: AbortSignal): Promise<OpenPullRequest> {
    const find = () => findOpen(what, signal);
    const write = async (found: OpenPullRequest | null) => {
      if (found !== null) return update(found, what, signal);
      const text = accepted(what);
      return existing(await send(api.open(repository, { ...what, ...text }), signal, false), what.head);
    };
    return upserted({ find, write }, signal);
  }

  async function update(
    found: OpenPullRequest,
    wanted: PullRequestText,
    signal: AbortSignal,
  ): Promise<OpenPullRequest> {
    const text = accepted(wanted);
    if (isSameText(found, text)) return found;
    return existing(await send(api.changeText(repository, found.number, text), signal), found.url);
  }

  function accepted({ title, body }: PullRequestText): PullRequestText {
    return { title: shorten(title, TITLE), body: cutEnd(body, api.commentLimit) };
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
    findComment,
    comment: (at, signal) => send(api.readComment(locationOf(at)), signal),
    upsertComment,
    findOpen,
    openOrUpdate,
    update,
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
      const isComplete = api.commitLimit === null || commits.length < api.commitLimit;
      return { ...contributorsOf(commits), isComplete };
    },
  };
}

/** Hosts trim texts, and may change the ends of lines. */
function isSameText(one: PullRequestText, other: PullRequestText): boolean {
  const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
  return plain(one.title) === plain(other.title) && plain(one.body) === plain(other.body);
}

/** Null: the credentials may not ask. */
async function unlessForbidden<Result>(work: Promise<Result>): Promise<Result | null> {
  return work.catch((thrown: unknown) => {
    if (thrown instanceof DeployError && thrown.code === 'host-forbidden') return null;
    throw thrown;
  });
}

function existing<Written>(written: Written | null, subject: string): Written {
  if (written !== null) return written;
  throw missing(subject, 'it does not exist, or was deleted');
}

function missing(subject: string, reason: string): DeployError {
  return new DeployError('host-unreachable', {
    subject,
    message: `the Git host did not answer the request: ${reason}`,
    remedy: 'Check that the pull request exists, and that the credentials of the repository may read it.',
  });
}
