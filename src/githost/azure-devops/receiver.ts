import * as z from 'zod/mini';
import { authenticWith } from '../port/authentic.ts';
import type { AuthenticDelivery, Delivery, GitHost, Parsed, RepositoryIdentity } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';
import { WEBHOOK_USER } from './webhook-user.ts';
import { isSame } from '../../signing/hmac.ts';

/** Service hooks sign nothing. The secret is a password, and only TLS protects the body. */
export const azureDevopsReceiver: GitHost = {
  // No header has an id of the delivery: `id` is in the body.
  deliveryIdOf: () => null,
  hasProof: (headers) => /^Basic [\w+/]+={0,2}$/.test(headers['authorization'] ?? ''),
  authenticate: (delivery, { secrets }) => authenticWith(delivery, secrets, (secret) => isSent(delivery, secret)),
  parse,
};

/** Compared as it is sent: decoding would accept several texts. */
function isSent({ headers }: Delivery, secret: string): boolean {
  const expected = `Basic ${Buffer.from(`${WEBHOOK_USER}:${secret}`).toString('base64')}`;
  return isSame(Buffer.from(headers['authorization'] ?? ''), Buffer.from(expected));
}

/** Only the fields that are used: https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#git.push */
const Repository = z.object({ id: z.string(), name: z.string(), project: z.object({ name: z.string() }) });
const AnyEvent = z.object({ eventType: z.string() });
const WithRepository = z.object({ resource: z.object({ repository: Repository }) });
const RefUpdate = z.object({ name: z.string(), newObjectId: z.string() });
const PushEvent = z.object({ resource: z.object({ refUpdates: z.array(RefUpdate), repository: Repository }) });

function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const event = z.safeParse(AnyEvent, payload).data?.eventType;
  if (event === undefined) return notUnderstood('eventType is missing');
  if (event === 'git.push') return parsePush(payload);
  const { data } = z.safeParse(WithRepository, payload);
  const repository = data === undefined ? null : identityOf(data.resource.repository);
  return ignoredEvent(event, repository);
}

/** Nothing marks a forced push, and no files are listed. "Resource details to send" other than All leaves fields out. */
function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  const { refUpdates, repository } = read.data.resource;
  return parseRefChanges(
    refUpdates.map(({ name, newObjectId }) => ({ ref: name, after: newObjectId })),
    identityOf(repository),
  );
}

function identityOf({ id, name, project }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id, fullName: `${project.name}/${name}` };
}
