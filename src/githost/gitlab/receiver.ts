import * as z from 'zod/mini';
import { authenticWith } from '../port/authentic.ts';
import type { AuthenticDelivery, Delivery, GitHost, Parsed, RepositoryIdentity } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';
import { parseMergeRequestEvent, parseNoteEvent } from './merge-request-event.ts';
import { isSigningToken, keyOf } from './signing-token.ts';
import { hmacSha256, isSame } from '../../signing/hmac.ts';

/** Signed by GitLab 19.0 or newer with a signing token, or carrying the plain token of older ones. */
export const gitlabReceiver: GitHost = {
  // The same when GitLab sends the delivery again. X-Gitlab-Event-UUID is not: recursive webhooks share it.
  deliveryIdOf: (headers) => headers['idempotency-key'] ?? headers['webhook-id'] ?? null,
  hasProof: (headers) => signaturesOf(headers).length > 0 || (headers['x-gitlab-token'] ?? '') !== '',
  authenticate: (delivery, { secrets, nowMs }) =>
    authenticWith(delivery, secrets, (secret) =>
      isSigningToken(secret) ? isSigned(delivery, keyOf(secret), nowMs) : isSent(delivery, secret),
    ),
  parse,
};

/** `webhook-signature` may list several: https://www.standardwebhooks.com */
function signaturesOf(headers: Delivery['headers']): readonly string[] {
  return (headers['webhook-signature'] ?? '').split(' ').filter((each) => /^v1,[\w+/]{43}=$/.test(each));
}

/** An older delivery, or one from the future, may be a replay. */
const TOLERANCE_MS = 300_000;

function isSigned({ headers, body }: Delivery, key: Buffer, nowMs: number): boolean {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers;
  const isFresh = /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs - Number(timestamp) * 1000) <= TOLERANCE_MS;
  if (!isFresh || id === '' || key.length === 0) return false;
  const expected = Buffer.from(`v1,${hmacSha256(key, `${id}.${timestamp}.`, body).toString('base64')}`);
  return signaturesOf(headers).some((each) => isSame(Buffer.from(each), expected));
}

function isSent({ headers }: Delivery, secret: string): boolean {
  return isSame(Buffer.from(headers['x-gitlab-token'] ?? ''), Buffer.from(secret));
}

/** Only the fields that are used: https://docs.gitlab.com/user/project/integrations/webhook_events */
const Project = z.object({ id: z.int(), path_with_namespace: z.string() });
const AnyEvent = z.object({ object_kind: z.string() });
/** System hooks have events without a kind. */
const SystemEvent = z.object({ event_name: z.string() });
const WithProject = z.object({ project: Project });
const PushEvent = z.object({ ref: z.string(), after: z.string(), project: Project });

/** By the signed body alone: the event header is not signed. */
function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const event = z.safeParse(AnyEvent, payload).data?.object_kind;
  if (event === 'push' || event === 'tag_push') return parsePush(payload);
  const other = event ?? z.safeParse(SystemEvent, payload).data?.event_name;
  if (other === undefined)
    return notUnderstood('object_kind is missing: a webhook template may not change the payload');
  const repository = repositoryOf(payload);
  if (repository !== null && event === 'merge_request') return parseMergeRequestEvent(payload, repository);
  if (repository !== null && event === 'note') return parseNoteEvent(payload, repository);
  return ignoredEvent(other, repository);
}

/** Nothing marks a forced push, at most twenty commits are listed, and none of their parents. */
function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  return parseRefChanges([read.data], identityOf(read.data.project));
}

function repositoryOf(payload: unknown): RepositoryIdentity | null {
  const { data } = z.safeParse(WithProject, payload);
  return data === undefined ? null : identityOf(data.project);
}

function identityOf({ id, path_with_namespace: fullName }: z.infer<typeof Project>): RepositoryIdentity {
  return { id: String(id), fullName };
}
