import { createHash } from 'node:crypto';
import type { Problem } from '../../error/deploy-error.ts';
import type { Refusal } from '../../error/refused-object.ts';
import { stillDeleting } from '../../plan/refusals/still-deleting.ts';
import type { Observation } from '../../plan/model/facts.ts';
import { formatId, isObject, metadataMap } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import type { Fence } from '../api/connection.ts';
import { objectPath } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { METADATA_ONLY, finalizersOf, metadataOf, readObject, seenOf } from '../api/metadata.ts';
import { deleteRequest } from '../api/delete-request.ts';
import { dryRun } from '../api/dry-run.ts';
import { problemOf, refusalOf } from '../api/status.ts';
import type { ObservedVersion } from '../../state/inventory.ts';
import type { ObserveContext } from './context.ts';

type Context = Pick<ObserveContext, 'connection' | 'target'>;

/** Does the manifest allow the object to be deleted and created again? */
function mayBeReplaced({ object }: Resource): boolean {
  return metadataMap(object, 'annotations')['headgate.dev/replace'] === 'immutable';
}

/**
 * Turns a refused update into a replacement if the manifest allows that. Messages about immutable fields differ by kind, so
 * a dry run under an unused name decides: if it is refused too, the manifest is wrong and nothing is deleted.
 */
export async function replaceIfAllowed(
  observation: Observation,
  { resource, kind, body }: { resource: Resource; kind: Kind; body: JsonObject },
  context: Context,
  signal: AbortSignal,
): Promise<Observation> {
  if (observation.kind !== 'refused' || !mayBeReplaced(resource)) return observation;
  const { problem } = observation;
  if (problem.code !== 'manifest-rejected' && problem.code !== 'field-immutable') return observation;
  const live = await readSeen(objectPath(kind, resource.id), resource, context, signal);
  if (live === null) return observation;
  const asNew = await dryRunAsNew({ resource, kind, body, uid: live.uid }, context, signal);
  if (asNew.kind === 'creates') return { ...asNew, kind: 'replaces', live, problem };
  return asNew.kind === 'refused' ? asNew : observation;
}

/** Dry-runs the manifest under an unused name, where only a mistake in the manifest is refused. */
export async function dryRunAsNew(
  { resource, kind, body, uid }: { resource: Resource; kind: Kind; body: JsonObject; uid: string },
  context: Context,
  signal: AbortSignal,
): Promise<Observation> {
  const renamed = withName(unusedName(resource, { uid }), { resource, kind, body });
  const asNew = await dryRun(renamed, context, signal);
  if (asNew.kind === 'refused') {
    const rename = (text: string) => withOriginalName(text, renamed, resource);
    return { ...asNew, problem: renamedRefusal(asNew.problem, rename) };
  }
  if (asNew.kind !== 'creates' || asNew.warnings === undefined) return asNew;
  return { ...asNew, warnings: asNew.warnings.map((text) => withOriginalName(text, renamed, resource)) };
}

async function readSeen(
  path: string,
  resource: Resource,
  { connection }: Context,
  signal: AbortSignal,
): Promise<ObservedVersion | null> {
  const answer = await connection.request({ method: 'GET', path, accept: METADATA_ONLY }, signal);
  if (answer.status === 404) return null;
  if (answer.status >= 300) throw await problemOf(answer, { subject: formatId(resource.id), secret: true });
  const { metadata, status } = readObject(answer.text);
  return seenOf(metadata, status);
}

/** Short enough for every kind; unused because it contains a hash of the object's uid. */
function unusedName({ id }: Resource, { uid }: Pick<ObservedVersion, 'uid'>): string {
  const hash = createHash('sha256').update(uid).digest('hex').slice(0, 8);
  return `${id.name.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

function withName(name: string, { resource, kind, body }: { resource: Resource; kind: Kind; body: JsonObject }) {
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  const path = objectPath(kind, { ...resource.id, name });
  return { resource, path, body: { ...body, metadata: { ...metadata, name } } };
}

function renamedRefusal({ refused, ...problem }: Refusal, rename: (text: string) => string): Refusal {
  const renamed = { ...problem, message: rename(problem.message) };
  if (refused === undefined) return renamed;
  return {
    ...renamed,
    refused: { ...refused, fields: refused.fields.map((field) => ({ ...field, reason: rename(field.reason) })) },
  };
}

/** Users must not see the temporary name. */
function withOriginalName(text: string, { body }: { body: JsonObject }, { id }: Resource): string {
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  return text.replaceAll(name, id.name);
}

/** Deletes exactly the object that was judged. If the run dies before it creates the new object, the next run does. */
export async function deleteReplaced(
  { resource, path, live, fence }: { resource: Resource; path: string; live: ObservedVersion; fence: Fence },
  { connection }: Context,
  signal: AbortSignal,
): Promise<Problem | null> {
  const request = { ...deleteRequest(path, live, false), fence };
  const answer = await connection.request(request, signal);
  if (answer.status >= 300 && answer.status !== 404)
    return refusalOf(answer, { subject: formatId(resource.id), secret: true, request: 'delete' });
  const remaining = await connection.request({ method: 'GET', path, accept: METADATA_ONLY }, signal);
  if (remaining.status === 404) return null;
  throw stillDeleting(resource, finalizersOf(metadataOf(remaining.text)));
}
