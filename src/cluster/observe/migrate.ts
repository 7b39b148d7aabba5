import type { Observation } from '../../plan/model/facts.ts';
import { takeoverPatch } from '../../plan/ownership/takeover.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { formatId } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import { objectPath } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { METADATA_ONLY, liveOf, metadataOf, seenOf } from '../api/metadata.ts';
import { dryRunAsNew } from './replace.ts';
import { problemOf } from '../api/status.ts';
import type { ObserveContext } from './context.ts';

/**
 * The server compares an apply with our last one in the API version of the last one, and fails if that version lacks a new
 * field (a custom resource without a conversion webhook). A dry run under an unused name shows whether the manifest itself
 * is valid; then our managedFields entry only has to be migrated.
 */
export async function migrateIfStale(
  observation: Observation,
  { resource, kind, body }: { resource: Resource; kind: Kind; body: JsonObject },
  context: Pick<ObserveContext, 'connection' | 'target' | 'applySetId'>,
  signal: AbortSignal,
): Promise<Observation> {
  if (observation.kind !== 'refused' || observation.problem.code !== 'version-stale') return observation;
  const request = { method: 'GET', path: objectPath(kind, resource.id), accept: METADATA_ONLY } as const;
  const answer = await context.connection.request(request, signal);
  if (answer.status === 404) return observation;
  if (answer.status >= 300) throw await problemOf(answer, { subject: formatId(resource.id), secret: true });
  const metadata = metadataOf(answer.text);
  const live = liveOf(metadata);
  if (takeoverPatch(live, legacyOf(live, context.applySetId), resource.apiVersion) === null) return observation;
  const asNew = await dryRunAsNew({ resource, kind, body, uid: live.uid }, context, signal);
  if (asNew.kind === 'refused') return asNew;
  const warned = asNew.kind === 'creates' && asNew.warnings !== undefined ? { warnings: asNew.warnings } : {};
  return { kind: 'updates', live: seenOf(metadata), migrates: true, ...warned };
}
