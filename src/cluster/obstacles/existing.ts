import type { Candidate, Facts } from '../../plan/model/facts.ts';
import { sequenceOf } from '../../plan/ordering/sequence.ts';
import { mayPassLater } from '../../plan/refusals/may-pass-later.ts';
import { inParallel } from '../../exchange/pool.ts';
import { formatId } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';
import { objectPath } from '../api/kinds.ts';
import { acceptFor, liveOf, readObject, seenOf } from '../api/metadata.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { problemOf } from '../api/status.ts';
import type { Connection } from '../api/connection.ts';
import type { Kind } from '../api/kinds.ts';

interface ExistingContext {
  readonly connection: Connection;
  readonly kindOf: (resource: Pick<Resource, 'apiVersion' | 'id'>) => Kind | null;
  /** The entries of an object in the shards that were read. */
  readonly entriesOf: (resource: Resource) => readonly Entry[];
}

/**
 * Reads the refused objects that an earlier step may let pass: one that exists is updated and may have an owner, and a
 * refused dry run shows neither.
 */
export async function readExisting(
  facts: Pick<Facts, 'candidates' | 'namespaceMissing' | 'target'>,
  context: ExistingContext,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const sequence = sequenceOf({ candidates: facts.candidates, references: new Map() });
  return inParallel(facts.candidates, REQUESTS_AT_ONCE, (candidate) =>
    candidate.observation.kind === 'refused' && mayPassLater(candidate, facts, sequence)
      ? readIfExisting(candidate, context, signal)
      : Promise.resolve(candidate),
  );
}

async function readIfExisting(candidate: Candidate, context: ExistingContext, signal: AbortSignal): Promise<Candidate> {
  const { resource, observation } = candidate;
  const kind = context.kindOf(resource);
  if (kind === null || observation.kind !== 'refused') return candidate;
  const request = { method: 'GET', path: objectPath(kind, resource.id), accept: acceptFor(resource.id) } as const;
  const answer = await context.connection.request(request, signal);
  if (answer.status === 404) return candidate;
  if (answer.status === 403) return asRecorded(candidate, context);
  if (answer.status >= 300) throw await problemOf(answer, { subject: formatId(resource.id), secret: true });
  const { metadata, status } = readObject(answer.text);
  const live = liveOf(metadata);
  if (live.deletionTimestamp !== null)
    return { ...candidate, observation: { kind: 'terminating', finalizers: live.finalizers } };
  const isKnown = context.entriesOf(resource).some(({ uid }) => uid === live.uid);
  const blocked = { ...observation, kind: 'blocked', live: seenOf(metadata, status) } as const;
  return { ...candidate, observation: blocked, live: isKnown ? null : live };
}

/** Without the right to read it, only the inventory shows that it exists. If it has no entry, the write looks again. */
function asRecorded(candidate: Candidate, { entriesOf }: ExistingContext): Candidate {
  const { resource, observation } = candidate;
  const entry = entriesOf(resource).find(({ uid }) => uid !== null);
  if (entry === undefined || entry.uid === null || observation.kind !== 'refused') return candidate;
  const { uid, managedFieldsHash } = entry;
  const live = { uid, managedFieldsHash, version: entry.version ?? ({ kind: 'any' } as const), resourceVersion: '' };
  return { ...candidate, observation: { ...observation, kind: 'blocked', live } };
}
