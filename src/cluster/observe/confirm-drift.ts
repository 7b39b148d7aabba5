import type { Candidate } from '../../plan/model/facts.ts';
import { changedFields } from '../../plan/model/field-changes.ts';
import { ownerOf } from '../../plan/ownership/ownership.ts';
import { isObject } from '../../resource/resource.ts';
import { readLiveAndDryRun } from '../content/live-and-dry-run.ts';
import { objectPath } from '../api/kinds.ts';
import { liveOf, seenOf } from '../api/metadata.ts';
import type { ObserveContext } from './context.ts';

/**
 * Compares a suspect that its dry run would update value by value. Within seconds of our last write, its timestamp
 * proves nothing, and a manager that wrote the desired value has taken the field without causing drift.
 */
export async function confirmDrift(
  candidate: Candidate,
  context: ObserveContext,
  signal: AbortSignal,
): Promise<Candidate> {
  const { resource, body, observation } = candidate;
  const kind = context.kindOf(resource);
  if (observation.kind !== 'updates' || kind === null) return candidate;
  if (observation.migrates === true) return candidate;
  // Drift reports name the former managers instead.
  const { taken: _taken, ...update } = observation;
  const drifted = { ...candidate, observation: update };
  const updated = { resource, body, live: candidate.live, path: objectPath(kind, resource.id) };
  const { before, after } = await readLiveAndDryRun(updated, context, signal);
  const metadata = isObject(before['metadata']) ? before['metadata'] : {};
  if (changedFields(before, after, resource).length > 0) {
    // An object that another tool took is judged like one seen for the first time.
    const current = liveOf(metadata);
    return ownerOf(current, context.applySetId).kind === 'other' ? { ...drifted, live: current } : drifted;
  }
  const live = seenOf(metadata, before['status']);
  // A manager that changed one of our fields owns it; the dry run shows it owned by us again.
  const isStillOwned = live.managedFieldsHash === observation.live.managedFieldsHash;
  return {
    ...candidate,
    observation: isStillOwned ? { kind: 'unchanged', live } : { ...update, live, ownersOnly: true },
  };
}
