import * as z from 'zod/mini';
import type { AuthenticDelivery, GitHost, Parsed } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readBody } from '../port/payload.ts';
import { parseRefChanges } from '../port/ref-changes.ts';

/**
 * Events of EventBridge, which reach the function by IAM alone: nothing in a request over HTTP proves that it is one.
 * https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
 */
export const codecommitReceiver: GitHost = {
  deliveryIdOf: () => null,
  hasProof: () => false,
  authenticate: () => null,
  parse,
};

const AnyEvent = z.object({ 'detail-type': z.string(), detail: z.object({ event: z.string() }) });
const Named = z.object({ detail: z.object({ repositoryName: z.string() }) });
const ReferenceEvent = z.object({
  detail: z.object({ repositoryName: z.string(), referenceFullName: z.string(), commitId: z.optional(z.string()) }),
});

const CHANGES: ReadonlySet<string> = new Set(['referenceCreated', 'referenceUpdated', 'referenceDeleted']);

/** One ref. Neither its files nor whether it was forced are known. */
function parse(delivery: AuthenticDelivery): Parsed {
  const payload = readBody(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const any = z.safeParse(AnyEvent, payload);
  if (!any.success) return invalidFields('event', any.error);
  const { event } = any.data.detail;
  if (any.data['detail-type'] !== 'CodeCommit Repository State Change' || !CHANGES.has(event)) {
    const { data } = z.safeParse(Named, payload);
    return ignoredEvent(event, data === undefined ? null : { id: null, fullName: data.detail.repositoryName });
  }
  const read = z.safeParse(ReferenceEvent, payload);
  if (!read.success) return invalidFields(event, read.error);
  const { repositoryName, referenceFullName, commitId } = read.data.detail;
  if (event !== 'referenceDeleted' && commitId === undefined) return notUnderstood('commitId is missing');
  const after = event === 'referenceDeleted' ? null : (commitId ?? null);
  return parseRefChanges([{ ref: referenceFullName, after }], { id: null, fullName: repositoryName });
}
