import { PART_OF } from '../../plan/model/body.ts';
import { isUnfinished } from '../../plan/planner/awaits.ts';
import type { Candidate, Facts, LiveDependency } from '../../plan/model/facts.ts';
import { userOrderOf } from '../../plan/ordering/wave.ts';
import { awaitedObject } from '../../health/needs-readiness.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { formatId } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import { apiVersionOf, objectPath } from '../api/kinds.ts';
import type { GatherContext } from './context.ts';
import { readLive } from '../api/owned.ts';

/** Reads readiness, which the user's order and prunes depend on and no dry run shows. No request is sent without these. */
export async function readRollout(
  { candidates, prunesLater }: { readonly candidates: readonly Candidate[]; readonly prunesLater: boolean },
  context: GatherContext,
  signal: AbortSignal,
): Promise<Pick<Facts, 'references' | 'ready'>> {
  const orders = candidates.map(({ resource }) => userOrderOf(resource));
  const isOrdered =
    new Set(orders.map(({ wave }) => wave)).size > 1 || orders.some(({ dependsOn }) => dependsOn.length > 0);
  if (!isOrdered && !prunesLater) return { references: new Map(), ready: new Set() };
  const [references, ready] = await Promise.all([
    readReferences(
      orders.flatMap(({ dependsOn }) => dependsOn),
      { context, known: new Set(candidates.map(({ resource }) => formatId(resource.id))) },
      signal,
    ),
    readReady(candidates, context, signal),
  ]);
  return { references, ready };
}

async function readReferences(
  ids: readonly ResourceId[],
  { context, known }: { context: GatherContext; known: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LiveDependency>> {
  const unknown = new Map(ids.map((id) => [formatId(id), id] as const).filter(([key]) => !known.has(key)));
  // A process that has just started knows only the built-in kinds.
  if ([...unknown.values()].some((id) => context.kinds.findAny(kindOf(id)) === null))
    await context.kinds.refresh(context.connection, signal);
  const read = await Promise.all(
    [...unknown].map(async ([key, id]) => [key, await readReference(id, context, signal)] as const),
  );
  return new Map(read);
}

/** Any version of the group will do: it is the same object. */
function kindOf({ group, kind }: ResourceId) {
  return { apiVersion: group === '' ? 'v1' : `${group}/`, kind };
}

async function readReference(id: ResourceId, context: GatherContext, signal: AbortSignal): Promise<LiveDependency> {
  const kind = context.kinds.findAny(kindOf(id));
  if (kind === null) return { kind: 'outside' };
  const live = await readLive(objectPath(kind, id), { context, resource: { id } }, signal);
  if (live === null || live.labels[PART_OF] !== context.applySetId) return { kind: 'outside' };
  const object = { apiVersion: apiVersionOf(kind), id, mayVanish: false };
  const health = await healthOf(object, context, signal);
  return health.kind === 'ready' ? { kind: 'ready' } : { kind: 'not-ready', object };
}

/** The objects of an earlier, unfinished run that are now ready. */
async function readReady(
  candidates: readonly Candidate[],
  context: GatherContext,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const dirty = context.parent?.state.run.dirty ?? 'all';
  const unfinished = candidates
    .filter((candidate) => isUnfinished(candidate, { dirty }))
    .map(({ resource }) => awaitedObject(resource))
    .filter((object) => object !== null);
  const checked = await Promise.all(
    unfinished.map(async (object) => ({ object, health: await healthOf(object, context, signal) })),
  );
  return new Set(checked.filter(({ health }) => health.kind === 'ready').map(({ object }) => formatId(object.id)));
}

async function healthOf(object: AwaitedObject, { connection, kinds, runner }: GatherContext, signal: AbortSignal) {
  // Most pushes wait for nothing.
  const { readHealth } = await import('../readiness/read-health.ts');
  const { health } = await readHealth(object, { connection, kinds, nowMs: runner.nowMs }, signal);
  return health;
}
