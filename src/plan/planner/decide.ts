import type { Problem } from '../../error/deploy-error.ts';
import type { AwaitedRelease, Keep, Write, Prune } from '../model/plan.ts';
import type { Facts, Candidate } from '../model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { isAdopted } from '../ownership/adopted.ts';
import { adviseDeleteFirst, refuseHeld } from '../refusals/delete-first.ts';
import { awaitedRelease, refuseForeign } from '../refusals/foreign.ts';
import { mayPassLater } from '../refusals/may-pass-later.ts';
import { refuseReplacement } from '../refusals/replacement.ts';
import { stillDeleting } from '../refusals/still-deleting.ts';
import { finishedEntry } from './finished-entry.ts';
import { formatId } from '../../resource/resource.ts';

export type ResourceDecision =
  | Write
  | Keep
  | { readonly op: 'refuse'; readonly problem: Problem }
  | { readonly op: 'wait'; readonly on: AwaitedRelease };

export function isWrite(decision: ResourceDecision): decision is Write {
  return decision.op === 'create' || decision.op === 'update' || decision.op === 'replace';
}

interface Context {
  readonly facts: Facts;
  readonly known: ReadonlyMap<string, readonly Entry[]>;
  readonly prunes: readonly Prune[];
  readonly sequence: Sequence;
}

export function decide(candidate: Candidate, { facts, known, prunes, sequence }: Context): ResourceDecision {
  const { observation, resource } = candidate;
  const entry = recordedEntry(candidate, known);
  // A create-only object may belong to another owner.
  const foreign = observation.kind === 'exists' ? null : refuseForeign(candidate, facts);
  // Its former target would delete it, so a create-only object too is released first.
  const release = facts.target.adopt ? null : awaitedRelease(candidate, facts);
  if (release !== null) return { op: 'wait', on: release };
  if (foreign !== null) return { op: 'refuse', problem: foreign };
  const held = refuseHeld(candidate, facts);
  if (held !== null) return { op: 'refuse', problem: held };
  const write = {
    candidate,
    unverified: false,
    from: entry !== null && entry.file !== resource.source.path ? entry.file : null,
    ...(isAdopted(candidate, facts.applySetId) ? { adopts: true as const } : {}),
  };
  switch (observation.kind) {
    case 'recorded':
    case 'unchanged':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'unchanged' };
    case 'exists':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'create-only' };
    case 'left-alone':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'ignored' };
    case 'creates': {
      const finished = finishedEntry(candidate, entry);
      if (finished !== null) return { op: 'keep', entry: finished, reason: 'finished' };
      return { op: 'create', ...write };
    }
    case 'updates':
      // No value differs, so there is no drift to report; the entry records the current owners.
      if (observation.ownersOnly === true && facts.target.drift === 'report')
        return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'unchanged' };
      return { op: 'update', ...write };
    case 'replaces': {
      const problem = refuseReplacement(candidate, facts);
      return problem === null ? { op: 'replace', ...write } : { op: 'refuse', problem };
    }
    case 'skipped':
    case 'refused':
    case 'blocked':
      if (mayPassLater(candidate, facts, sequence))
        return { op: observation.kind === 'blocked' ? 'update' : 'create', ...write, unverified: true };
      return {
        op: 'refuse',
        problem: adviseDeleteFirst(observation.problem, candidate, { prunes, target: facts.target }),
      };
    case 'terminating':
      return { op: 'refuse', problem: stillDeleting(candidate.resource, observation.finalizers).problem };
    default:
      return observation satisfies never;
  }
}

/** The object's entry: this file's, or else its former file's. */
function recordedEntry({ resource }: Candidate, known: Context['known']): Entry | null {
  const entries = known.get(formatId(resource.id)) ?? [];
  return (
    entries.find((entry) => entry.file === resource.source.path) ??
    entries.find((entry) => entry.uid !== null) ??
    entries[0] ??
    null
  );
}

function keptEntry({ resource, hash, observation }: Candidate, entry: Entry | null): Entry {
  const seen = 'live' in observation ? observation.live : null;
  const isApplied = ['unchanged', 'recorded', 'updates'].includes(observation.kind);
  return {
    id: resource.id,
    apiVersion: resource.apiVersion,
    file: resource.source.path,
    uid: seen?.uid ?? entry?.uid ?? null,
    hash: isApplied ? hash : null,
    managedFieldsHash: isApplied ? ((seen ?? entry)?.managedFieldsHash ?? null) : null,
    version: observation.kind === 'left-alone' ? null : ((seen ?? entry)?.version ?? null),
    pending: null,
    releasedTo: null,
  };
}
