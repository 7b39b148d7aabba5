import * as z from 'zod/mini';
import { authenticateSha256, isSha256Signature } from '../port/authentic.ts';
import type {
  AuthenticDelivery,
  Delivery,
  GitHost,
  Parsed,
  PullRequestAction,
  RepositoryIdentity,
} from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseCommentEvent, parsePullRequestEvent } from '../port/pull-request-event.ts';
import { parseRefChanges } from '../port/ref-changes.ts';

/**
 * Gitea and Forgejo. They also send the headers of GitHub and Gogs, which are not read. With the content type of a form, they
 * sign the JSON and not the body, so such a delivery is not authentic.
 */
export const giteaReceiver: GitHost = {
  deliveryIdOf: (headers) => headers['x-gitea-delivery'] ?? null,
  hasProof: (headers) => isSha256Signature(signatureOf(headers)),
  authenticate: (delivery, { secrets }) => authenticateSha256(delivery, signatureOf(delivery.headers), secrets),
  parse,
};

/** A webhook without a secret sends the header empty. */
function signatureOf(headers: Delivery['headers']): string {
  return `sha256=${headers['x-gitea-signature'] ?? ''}`;
}

/** Only the fields that are used: https://docs.gitea.com/usage/webhooks */
const Repository = z.object({ id: z.int(), full_name: z.string() });
const AnyEvent = z.object({ repository: Repository });
const PushEvent = z.object({ ref: z.string(), after: z.string(), repository: Repository });
const DeleteEvent = z.object({ ref: z.string(), ref_type: z.enum(['branch', 'tag']), repository: Repository });

/** The event header is not signed: forging it can only make a push be ignored, or not be understood. */
function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const event = delivery.headers['x-gitea-event'] ?? '';
  if (event === '') return notUnderstood('the X-Gitea-Event header is missing');
  if (event === 'push') return parsePush(payload);
  // A deleted branch is announced by nothing else.
  const { data: deleted } = z.safeParse(DeleteEvent, payload);
  if (event === 'delete' && deleted !== undefined) return parseDelete(deleted);
  const { data } = z.safeParse(AnyEvent, payload);
  const repository = data === undefined ? null : identityOf(data.repository);
  if (repository !== null && event === 'pull_request') return parsePullRequestEvent(payload, repository, ACTIONS);
  if (repository !== null && event === 'issue_comment') return parseCommentEvent(payload, repository);
  return ignoredEvent(event, repository);
}

/** A draft is a title with a prefix, so it is edited. */
const ACTIONS: Readonly<Record<string, PullRequestAction>> = {
  opened: 'opened',
  reopened: 'opened',
  synchronized: 'updated',
  edited: 'edited',
  label_updated: 'labeled',
  label_cleared: 'labeled',
  closed: 'closed',
};

/** Nothing marks a forced push, at most five commits are listed, and none of their parents. */
function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  return parseRefChanges([read.data], identityOf(read.data.repository));
}

function parseDelete({ ref, ref_type: type, repository }: z.infer<typeof DeleteEvent>): Parsed {
  const whole = `refs/${type === 'tag' ? 'tags' : 'heads'}/${ref}`;
  return parseRefChanges([{ ref: whole, after: null }], identityOf(repository));
}

function identityOf({ id, full_name: fullName }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id: String(id), fullName };
}
