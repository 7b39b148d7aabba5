import { DeployError } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { stillDeleting } from '../../plan/refusals/still-deleting.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { takeoverPatch } from '../../plan/ownership/takeover.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Write } from '../../plan/model/plan.ts';
import type { Observation, Obstacle } from '../../plan/model/facts.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { HeldParent } from '../state/lease.ts';
import { applySetId } from '../state/parent.ts';
import { objectPath } from '../api/kinds.ts';
import { STORED, acceptFor, answeredObject, finalizersOf, seenOf } from '../api/metadata.ts';
import { applyRequest, dryRun } from '../api/dry-run.ts';
import { manifestRefusalOf } from '../api/status.ts';
import type { ObservedVersion } from '../../state/inventory.ts';
import type { ObserveContext } from '../observe/context.ts';

export interface WriteContext extends Pick<ObserveContext, 'connection' | 'target' | 'kindOf'> {
  readonly held: HeldParent;
  /** Waits; rejects when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Learns kinds that an earlier step of this run defined. */
  readonly refreshKinds: (signal: AbortSignal) => Promise<void>;
}

/** How long a kind, namespace or right from an earlier step may take to become effective. */
const SETTLE_MS = 20_000;
const SETTLE_STEP_MS = 200;

/** Applies one object. Errors of the manifest are results. @throws DeployError for external failures. */
export async function write(change: Write, context: WriteContext, signal: AbortSignal): Promise<ChangeResult> {
  const { resource, observation } = change.candidate;
  const before = 'live' in observation ? observation.live : null;
  const refused = change.unverified ? await verify(change, context, signal) : null;
  if (refused !== null) return { kind: 'failed', change, problem: refused };
  const kind = context.kindOf(resource);
  if (kind === null) throw new DeployError('internal', unknownPlannedKind(resource.apiVersion));
  const path = objectPath(kind, resource.id);
  const obstacle = await prepareLive(change, path, context, signal);
  if (obstacle !== null) return { kind: 'failed', change, problem: obstacle };
  const request = {
    ...applyRequest(`${path}?`, change.candidate.body, context.target),
    accept: acceptFor(resource.id),
    fence: context.held,
  };
  const answer = await context.connection.request(request, signal);
  if (answer.status >= 300) return { kind: 'failed', change, problem: await manifestRefusalOf(answer, resource) };
  const { metadata, status } = answeredObject(answer.text, {
    subject: formatPosition(resource.source),
    fields: STORED,
  });
  if (metadata['deletionTimestamp'] !== undefined)
    throw stillDeleting(change.candidate.resource, finalizersOf(metadata));
  const seen = seenOf(metadata, status);
  return {
    kind: 'applied',
    write: change,
    seen,
    effect: effectOf(change, { isNew: answer.status === 201, before, seen }),
    warnings: answer.warnings,
  };
}

/** Prepares the live object for the apply: deletes one that is replaced, takes over the fields of kubectl. */
async function prepareLive(
  { candidate: { resource, observation, live } }: Write,
  path: string,
  context: WriteContext,
  signal: AbortSignal,
): Promise<Problem | null> {
  if (observation.kind === 'replaces') {
    const { deleteReplaced } = await import('../observe/replace.ts');
    return deleteReplaced({ resource, path, live: observation.live, fence: context.held }, context, signal);
  }
  if ((observation.kind !== 'updates' && observation.kind !== 'blocked') || live === null) return null;
  const migrates = observation.kind === 'updates' && observation.migrates === true;
  // Most objects have no other manager, and a push of these loads nothing for it.
  if (takeoverPatch(live, legacyOf(live, applySetId(context.target)), migrates ? resource.apiVersion : null) === null)
    return null;
  const { takeOver } = await import('./take-over.ts');
  return takeOver(live, { resource, path, migrates, fence: context.held }, context, signal);
}

/** The target's own Namespace was created before its step; its dry run shows that this run creates it. */
function effectOf(
  { op, candidate }: Write,
  { isNew, before, seen }: { isNew: boolean; before: ObservedVersion | null; seen: ObservedVersion },
): 'created' | 'updated' | 'unchanged' {
  if (op === 'replace') return 'updated';
  if (candidate.observation.kind === 'creates' || isNew) return 'created';
  return before?.resourceVersion === seen.resourceVersion ? 'unchanged' : 'updated';
}

/** Repeats the dry run that could not pass before, until the earlier step takes effect or the refusal is final. */
async function verify(change: Write, context: WriteContext, signal: AbortSignal) {
  const { resource, body, observation: planned } = change.candidate;
  let waitedMs = 0;
  for (;;) {
    const kind = context.kindOf(resource);
    const observation =
      kind === null ? null : await dryRun({ resource, path: objectPath(kind, resource.id), body }, context, signal);
    if (observation !== null && observation.kind !== 'refused') {
      if (isUnseen(planned, observation)) throw unseen(resource);
      return null;
    }
    if (waitedMs >= SETTLE_MS) return observation?.problem ?? notServed(change);
    if (observation !== null && !maySettle(observation.obstacle, planned)) return observation.problem;
    await context.wait(SETTLE_STEP_MS, signal);
    waitedMs += SETTLE_STEP_MS;
    if (kind === null) await context.refreshKinds(signal);
  }
}

/** A right or a kind from an earlier step takes effect late. A mistake in the object itself does not go away. */
function maySettle(obstacle: Obstacle, planned: Observation): boolean {
  const isPlanned = 'obstacle' in planned && planned.obstacle === obstacle;
  return isPlanned || ['kind', 'namespace', 'reference', 'forbidden'].includes(obstacle);
}

/**
 * The plan was not allowed to read the object, so its owner is unknown. In a new namespace, or of a new kind, no object has
 * another owner.
 */
function isUnseen(planned: Observation, observation: Observation): boolean {
  return (
    planned.kind === 'refused' && !['kind', 'namespace'].includes(planned.obstacle) && observation.kind !== 'creates'
  );
}

function unseen({ id, source }: Resource): DeployError {
  return new DeployError('object-busy', {
    subject: formatPosition(source),
    message: `${formatId(id)} already exists, but a missing permission hid it from the plan`,
    remedy: 'Wait for the retry, which reads its owner first.',
  });
}

function notServed({ candidate: { resource } }: Write) {
  return {
    code: 'kind-unknown',
    subject: formatPosition(resource.source),
    message: `${resource.id.kind} in ${resource.apiVersion} is not served ${SETTLE_MS / 1000} s after its definition was applied`,
    remedy: 'Check the conditions of the CustomResourceDefinition; the next push or sweep resumes the deploy.',
  } as const;
}

function unknownPlannedKind(apiVersion: string) {
  return {
    subject: apiVersion,
    message: 'a planned object has an unknown kind',
    remedy: 'Report this bug, and include the log.',
  };
}
