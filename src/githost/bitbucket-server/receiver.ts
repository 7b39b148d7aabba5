import * as z from 'zod/mini';
import { authenticateSha256, isSha256Signature } from '../port/authentic.ts';
import type { AuthenticDelivery, GitHost, Parsed, RepositoryIdentity } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';

/** SHA-256, as on Bitbucket Cloud. */
const SIGNATURE = 'x-hub-signature';

export const bitbucketServerReceiver: GitHost = {
  deliveryIdOf: (headers) => headers['x-request-id'] ?? null,
  hasProof: (headers) => isSha256Signature(headers[SIGNATURE]),
  authenticate: (delivery, { secrets }) => authenticateSha256(delivery, delivery.headers[SIGNATURE], secrets),
  parse,
};

/** Only the fields that are used: https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html */
const Repository = z.object({ id: z.int(), slug: z.string(), project: z.object({ key: z.string() }) });
const AnyEvent = z.object({ eventKey: z.string() });
const WithRepository = z.object({ repository: Repository });
/** Of the button "Test connection", the only event without a key. */
const Test = z.object({ test: z.literal(true) });
const PushEvent = z.object({
  changes: z.array(z.object({ ref: z.object({ id: z.string() }), toHash: z.string() })),
  repository: Repository,
});

/** By the signed body alone: the event header is not signed. */
function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  if (z.safeParse(Test, payload).success) return { kind: 'ignored', reason: 'ping', repository: null };
  const event = z.safeParse(AnyEvent, payload).data?.eventKey;
  if (event === undefined) return notUnderstood('eventKey is missing');
  if (event === 'repo:refs_changed') return parsePush(payload);
  const { data } = z.safeParse(WithRepository, payload);
  const repository = data === undefined ? null : identityOf(data.repository);
  return ignoredEvent(event, repository);
}

/** Nothing marks a forced push. A deleted ref has only zeros as its hash. */
function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  const { changes, repository } = read.data;
  return parseRefChanges(
    changes.map(({ ref, toHash }) => ({ ref: ref.id, after: toHash })),
    identityOf(repository),
  );
}

/** Keys of projects are in upper case here, and in lower case in clone URLs. */
function identityOf({ id, slug, project }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id: String(id), fullName: `${project.key.toLowerCase()}/${slug}` };
}
