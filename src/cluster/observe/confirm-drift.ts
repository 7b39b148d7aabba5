import type { Candidate } from '../../plan/model/facts.ts';
import { changedFields } from '../../plan/model/field-changes.ts';
import { ownerOf } from '../../plan/ownership/ownership.ts';
import { isObject, hidesValues } from '../../resource/resource.ts';
import { readLiveAndDryRun } from './live-and-dry-run.ts';
import { objectPath } from '../api/kinds.ts';
import { liveOf, seenOf } from '../api/metadata.ts';
import type { ObserveContext } from './context.ts';

/**
 * A suspect whose dry run would update it, compared value by value: within seconds of our own last write the time stamp
 * proves nothing, and somebody who wrote the value that we want has taken the field from us without any drift.
 */
export async function confirmDrift(
  candidate: Candidate,
  context: ObserveContext,
  signal: AbortSignal,
): Promise<Candidate> {
  const { resource, body, observation } = candidate;
  const kind = context.kindOf(resource);
  if (observation.kind !== 'updates' || kind === null || !context.isSuspect(resource)) return candidate;
  if (observation.migrates === true) return candidate;
  // From whom it was taken is told as drift.
  const { taken: _taken, ...suspect } = observation;
  const told = { ...candidate, observation: suspect };
  const what = { resource, body, path: objectPath(kind, resource.id) };
  const { before, after } = await readLiveAndDryRun(what, context, signal);
  const metadata = isObject(before['metadata']) ? before['metadata'] : {};
  if (changedFields(before, after, { isSecret: hidesValues(resource) }).length > 0) {
    // What was given to another tool is judged like what is met for the first time.
    const met = liveOf(metadata);
    return ownerOf(met, context.applySetId).kind === 'other' ? { ...told, live: met } : told;
  }
  const live = seenOf(metadata, before['status']);
  // Who changed a field of ours took it, and the dry run takes it back.
  const isOurs = live.managedFieldsHash === observation.live.managedFieldsHash;
  return {
    ...candidate,
    observation: isOurs ? { kind: 'unchanged', live } : { ...suspect, live, ownersOnly: true },
  };
}
