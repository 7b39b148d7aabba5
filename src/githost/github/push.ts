import * as z from 'zod/mini';
import { asObjectId, asRevision } from '../../snapshot/source.ts';
import type { ObjectId } from '../../snapshot/source.ts';
import type { AuthenticDelivery, Parsed, RepositoryIdentity } from '../port/git-host.ts';
import { FORM, mediaTypeOf } from '../port/media-type.ts';

/** Only the fields that are used: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const Repository = z.object({ id: z.union([z.int(), z.string()]), full_name: z.string() });
const AnyEvent = z.object({ repository: Repository });
const PushEvent = z.object({
  ref: z.string(),
  after: z.string(),
  created: z.optional(z.boolean()),
  deleted: z.optional(z.boolean()),
  forced: z.optional(z.boolean()),
  head_commit: z.optional(z.unknown()),
  commits: z.optional(z.unknown()),
  repository: Repository,
});
const HeadCommit = z.object({ id: z.string(), tree_id: z.string() });
const Files = z.array(z.string());
const Commits = z.array(z.object({ added: Files, modified: Files, removed: Files }));

type PushPayload = z.infer<typeof PushEvent>;

/** What a signed delivery says. GitHub's event header is not signed: it can only turn a push into something ignored. */
export function parseDelivery(delivery: AuthenticDelivery): Parsed {
  const payload = readPayload(delivery);
  if (payload === undefined) return unrecognized('the body is not JSON');
  const event = delivery.headers['x-github-event'] ?? '';
  if (event === '') return unrecognized('there is no X-GitHub-Event header');
  if (event === 'push') return parsePush(payload);
  const { data } = z.safeParse(AnyEvent, payload);
  const repository = data === undefined ? null : identityOf(data.repository);
  return { kind: 'ignored', reason: event === 'ping' ? 'ping' : `event "${event.slice(0, 64)}"`, repository };
}

function readPayload({ headers, body }: AuthenticDelivery): unknown {
  const text = new TextDecoder().decode(body);
  const json = mediaTypeOf(headers) === FORM ? (new URLSearchParams(text).get('payload') ?? '') : text;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) {
    const fields = read.error.issues.map(({ path }) => path.join('.') || 'the whole body');
    return unrecognized(`it is no push as GitHub sends it: ${fields.join(', ')}`);
  }
  const push = read.data;
  const repository = identityOf(push.repository);
  const ignored = (reason: string): Parsed => ({ kind: 'ignored', reason, repository });
  if (push.ref.startsWith('refs/tags/')) return ignored('a tag, and no target follows tags');
  if (!push.ref.startsWith('refs/heads/')) return ignored('not a branch');
  if (push.deleted === true || /^0+$/.test(push.after)) {
    return ignored(`the branch "${push.ref.slice('refs/heads/'.length)}" was deleted`);
  }
  const revision = asRevision(push.after);
  if (revision === null) return unrecognized('it is no push as GitHub sends it: after');
  const { ref } = push;
  return {
    kind: 'push',
    push: {
      ref,
      revision,
      rootTree: rootTreeOf(push),
      isForced: push.forced !== false,
      repository,
      changedPaths: changedPathsOf(push),
    },
  };
}

function identityOf({ id, full_name: fullName }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id: String(id), fullName };
}

function rootTreeOf({ head_commit, after }: PushPayload): ObjectId | null {
  const { data } = z.safeParse(HeadCommit, head_commit);
  return data?.id === after ? asObjectId(data.tree_id) : null;
}

/** GitHub cuts both lists at these numbers, so a list of that length may be cut. */
const COMMITS_LISTED = 2048;
const FILES_LISTED = 3000;

/** Null unless the list is sure to name every file: an ordinary push on top of what was there, with nothing cut. */
function changedPathsOf({ created, deleted, forced, commits }: PushPayload): readonly string[] | null {
  if (created !== false || deleted !== false || forced !== false) return null;
  const { data } = z.safeParse(Commits, commits);
  if (data === undefined || data.length === 0 || data.length >= COMMITS_LISTED) return null;
  const lists = data.map(({ added, modified, removed }) => [...added, ...modified, ...removed]);
  if (lists.some((files) => files.length >= FILES_LISTED)) return null;
  return [...new Set(lists.flat())];
}

function unrecognized(reason: string): Parsed {
  return { kind: 'not-understood', reason };
}
