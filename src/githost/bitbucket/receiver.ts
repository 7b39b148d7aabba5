import * as z from 'zod/mini';
import { authenticateSha256, isSha256Signature } from '../port/authentic.ts';
import type { AuthenticDelivery, GitHost, Parsed, RepositoryIdentity } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';

/** SHA-256 here. On GitHub and Gitea, the header of this name is SHA-1. */
const SIGNATURE = 'x-hub-signature';

export const bitbucketReceiver: GitHost = {
  // The same for each attempt. X-Hook-UUID is the webhook's.
  deliveryIdOf: (headers) => headers['x-request-uuid'] ?? null,
  hasProof: (headers) => isSha256Signature(headers[SIGNATURE]),
  authenticate: (delivery, { secrets }) => authenticateSha256(delivery, delivery.headers[SIGNATURE], secrets),
  parse,
};

/** Only the fields that are used: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads */
const Repository = z.object({ uuid: z.string(), full_name: z.string() });
const AnyEvent = z.object({ repository: Repository });
const RefState = z.object({
  type: z.string(),
  name: z.string(),
  target: z.optional(z.nullable(z.object({ hash: z.string() }))),
});
const Change = z.object({
  old: z.optional(z.nullable(RefState)),
  new: z.optional(z.nullable(RefState)),
  forced: z.optional(z.boolean()),
});
const PushEvent = z.object({ push: z.object({ changes: z.array(Change) }), repository: Repository });

/** The event header is not signed: forging it can only make a push be ignored, or not be understood. */
function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const event = delivery.headers['x-event-key'] ?? '';
  if (event === '') return notUnderstood('the X-Event-Key header is missing');
  if (event === 'repo:push') return parsePush(payload);
  const { data } = z.safeParse(AnyEvent, payload);
  const repository = data === undefined ? null : identityOf(data.repository);
  return ignoredEvent(event, repository);
}

/** No files are listed, and at most five commits of each ref. */
function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  const { push, repository } = read.data;
  return parseRefChanges(
    push.changes.map((change) => refChangeOf(change)),
    identityOf(repository),
  );
}

/** `new` is null when the ref was deleted. */
function refChangeOf({ old, new: now, forced = false }: z.infer<typeof Change>) {
  const { type, name } = now ?? old ?? { type: 'unknown', name: '' };
  const after = now === null || now === undefined ? null : (now.target?.hash ?? '');
  return { ref: `refs/${KINDS[type] ?? type}/${name}`, after, isForced: forced };
}

const KINDS: Readonly<Record<string, string>> = { branch: 'heads', tag: 'tags' };

function identityOf({ uuid, full_name: fullName }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id: uuid, fullName };
}
