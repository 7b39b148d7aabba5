import type { Neighbors } from '../../deploy/ports/cluster.ts';
import { PART_OF, SOURCE } from '../../plan/model/body.ts';
import type { Candidate, Elsewhere, Facts, TargetLocation } from '../../plan/model/facts.ts';
import { leftOf } from '../../plan/planner/left.ts';
import { ownerOf } from '../../plan/ownership/ownership.ts';
import type { Owner } from '../../plan/ownership/ownership.ts';
import { formatId } from '../../resource/resource.ts';
import { objectPath } from '../api/kinds.ts';
import { applySetId } from '../state/parent.ts';
import type { Entry } from '../../state/inventory.ts';
import type { GatherContext } from './context.ts';
import { readLive } from '../api/owned.ts';

type Read = Pick<Facts, 'candidates' | 'otherTargets' | 'elsewhere'>;

/**
 * What other targets have to do with the objects of this one. Requests are sent only if another target owns a desired
 * object, or if an object would be pruned.
 */
export async function readNeighbors(
  { neighbors, ...at }: Pick<Facts, 'candidates' | 'entries' | 'touched'> & { readonly neighbors: Neighbors | null },
  context: GatherContext,
  signal: AbortSignal,
): Promise<Read> {
  const owners = await ownersOf(at.candidates, context, signal);
  if (neighbors === null) return { candidates: at.candidates, otherTargets: owners, elsewhere: new Map() };
  const left = context.target.prune.enabled ? leftOf(at) : [];
  const elsewhere =
    left.length === 0 ? new Map<string, never>() : await definitionsOf(left, { neighbors, context }, signal);
  if (!at.candidates.some((candidate) => isClaimed(candidate, context)))
    return { candidates: at.candidates, otherTargets: owners, elsewhere };
  const follow = new Map((await neighbors.locations(signal)).map((each) => [applySetId(each), each]));
  const located = await Promise.all(
    [...new Map([...follow, ...owners])].map(async ([id, other]): Promise<[string, TargetLocation]> => {
      const owned = at.candidates.flatMap(({ live }) => (live?.labels[PART_OF] === id ? [live] : []));
      const files = owned.map(({ annotations }) => annotations[SOURCE] ?? '');
      return [
        id,
        { ...follow.get(id), ...other, isBehind: owned.length > 0 && (await neighbors.isBehind(other, files, signal)) },
      ];
    }),
  );
  const known = new Map(located);
  // The owner may have released an object after it was read here and before its own state was.
  const candidates = await Promise.all(
    at.candidates.map(async (candidate) =>
      known.has(candidate.live?.labels[PART_OF] ?? '') ? withCurrentOwner(candidate, context, signal) : candidate,
    ),
  );
  return { candidates, otherTargets: known, elsewhere };
}

/** The Headgate targets that claim these objects. Most pushes meet none, and load nothing for it. */
async function ownersOf(
  candidates: readonly Candidate[],
  context: GatherContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TargetLocation>> {
  const own = applySetId(context.target);
  const claims = candidates
    .flatMap(({ live }) => (live === null || live.annotations[SOURCE] === undefined ? [] : [live.labels[PART_OF]]))
    .filter((id): id is string => id !== undefined && id !== own);
  if (claims.length === 0) return new Map();
  const { otherTargets } = await import('../state/other-targets.ts');
  return otherTargets(claims, context, signal);
}

/** What was released before is read first: what has another owner by now is not looked for in Git anymore. */
async function definitionsOf(
  left: readonly Entry[],
  { neighbors, context }: { readonly neighbors: Neighbors; readonly context: GatherContext },
  signal: AbortSignal,
): Promise<Facts['elsewhere']> {
  const released = left.filter(({ releasedTo }) => releasedTo !== null);
  if (released.length === 0) return neighbors.definitionsOf(left, signal);
  const { ownersOfReleased } = await import('../removal/released.ts');
  const owners = await ownersOfReleased(released, context, signal);
  const rest = left.filter((entry) => owners.get(entry) !== 'other');
  const found = rest.length === 0 ? new Map<string, Elsewhere>() : await neighbors.definitionsOf(rest, signal);
  return new Map([
    ...found,
    ...[...owners].flatMap(([entry, owner]) => fateOf(entry, owner, found.get(formatId(entry.id)))),
  ]);
}

function fateOf(
  { id, releasedTo }: Entry,
  owner: Owner['kind'],
  by: Elsewhere | undefined,
): readonly [string, Elsewhere][] {
  if (owner === 'other') return [[formatId(id), { target: releasedTo ?? '', kind: 'taken', hasRun: true }]];
  return owner === 'none' && by?.kind === 'defined' ? [[formatId(id), { ...by, kind: 'awaited' }]] : [];
}

/** Does another Headgate target own it? */
function isClaimed({ live }: Candidate, context: GatherContext): boolean {
  const owner = live === null ? null : ownerOf(live, context.applySetId);
  return owner?.kind === 'other' && owner.tool === 'headgate';
}

async function withCurrentOwner(
  candidate: Candidate,
  { connection, kinds }: GatherContext,
  signal: AbortSignal,
): Promise<Candidate> {
  const { id, apiVersion } = candidate.resource;
  const kind = kinds.find({ apiVersion, kind: id.kind });
  if (kind === null) return candidate;
  const live = await readLive(objectPath(kind, id), { context: { connection }, resource: { id } }, signal);
  return live?.uid === candidate.live?.uid ? { ...candidate, live } : candidate;
}
