import * as z from 'zod/mini';
import { authenticateSha256, isSha256Signature } from '../port/authentic.ts';
import type { AuthenticDelivery, GitHost, Parsed } from '../port/git-host.ts';
import { invalidFields, notUnderstood, parseJson } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';

const SIGNATURE = 'x-headgate-signature';

/** Deliveries of hooks/post-receive: every ref of one push, signed as a whole. */
export const gitReceiver: GitHost = {
  deliveryIdOf: (headers) => headers['x-headgate-delivery'] ?? null,
  hasProof: (headers) => isSha256Signature(headers[SIGNATURE]),
  authenticate: (delivery, { secrets }) => authenticateSha256(delivery, delivery.headers[SIGNATURE], secrets),
  parse,
};

const Push = z.object({
  repository: z.string(),
  changes: z.array(z.object({ ref: z.string(), after: z.string() })),
});

function parse({ body }: AuthenticDelivery): Parsed {
  const payload = parseJson(new TextDecoder().decode(body));
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const read = z.safeParse(Push, payload);
  if (!read.success) return invalidFields('push', read.error);
  return parseRefChanges(read.data.changes, { id: null, fullName: read.data.repository });
}
