import type { Problem } from '../../error/deploy-error.ts';
import type { Refusal } from '../../error/refused-object.ts';
import { bodyOf, contentHash } from '../../plan/model/body.ts';
import type { Candidate, Observation, LiveMetadata } from '../../plan/model/facts.ts';
import { parseJson } from '../../resource/json.ts';
import { formatPosition, isObject, metadataMap } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import { withIgnored } from './ignore.ts';
import { objectPath, silentApi } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { dryRun } from '../api/dry-run.ts';
import type { Entry } from '../../state/inventory.ts';
import type { ObserveContext } from './context.ts';
import { readLive } from '../api/owned.ts';

/** Finds out what applying one resource would do. Nothing is written. */
export async function observe(resource: Resource, context: ObserveContext, signal: AbortSignal): Promise<Candidate> {
  const written = bodyOf(resource, context.applySetId);
  const hash = contentHash(written, resource);
  const candidateWith = (observation: Observation, live: LiveMetadata | null = null) =>
    ({ resource, body: written, hash, observation, live }) satisfies Candidate;

  const mode = metadataMap(resource.object, 'annotations')['headgate.dev/apply'];
  if (mode === 'ignore') return candidateWith({ kind: 'left-alone' });
  if (isRecorded(resource, hash, context)) return candidateWith({ kind: 'recorded' });
  const kind = context.kindOf(resource);
  if (kind === null && context.isSilent(resource)) {
    const problem = silentApi(resource.apiVersion, formatPosition(resource.source));
    return candidateWith({ kind: 'skipped', problem, obstacle: 'content' });
  }
  if (kind === null) return candidateWith({ kind: 'skipped', problem: unknownKind(resource), obstacle: 'kind' });
  const missing = refuseMissing(resource, context);
  if (missing !== null) return candidateWith({ kind: 'skipped', problem: missing, obstacle: 'namespace' });

  const path = objectPath(kind, resource.id);
  if (mode === 'create-only') {
    const live = await readLive(path, { context, resource }, signal);
    if (live !== null)
      return candidateWith(
        { kind: 'exists', live: { ...live, version: { kind: 'any' }, managedFieldsHash: null } },
        live,
      );
  }
  const body = await withIgnored(written, { resource, path, context }, signal);
  const dryRunResult = await proven(
    withOwners(
      withKindProblem(await dryRun({ resource, path, body }, context, signal), resource),
      context.entriesOf(resource),
    ),
    { resource, path, body, hash, context },
    signal,
  );
  const applicable = await applicableOtherwise(dryRunResult, { resource, kind, body }, context, signal);
  const observation = await withChanges(applicable, { path, body, context }, signal);
  const live = await liveIfUnknown(observation, { resource, path, context }, signal);
  const candidate = { ...candidateWith(observation, live), body };
  if (!kind.isScalable || !mayLoseReplicas(candidate, context)) return candidate;
  const { withLostReplicas } = await import('./lost-replicas.ts');
  return withLostReplicas(candidate, { path, context }, signal);
}

/** What is refused may be applied by a replacement, or after our managedFields entry was migrated. */
async function applicableOtherwise(
  observation: Observation,
  manifest: { readonly resource: Resource; readonly kind: Kind; readonly body: JsonObject },
  context: ObserveContext,
  signal: AbortSignal,
): Promise<Observation> {
  if (observation.kind !== 'refused') return observation;
  const { replaceIfAllowed } = await import('./replace.ts');
  const { migrateIfStale } = await import('./migrate.ts');
  return migrateIfStale(await replaceIfAllowed(observation, manifest, context, signal), manifest, context, signal);
}

/** Has an update dropped `replicas`? Only if our fields are not those of the last apply. */
function mayLoseReplicas({ resource, body, observation, live }: Candidate, { entriesOf }: ObserveContext): boolean {
  if (observation.kind !== 'updates' || observation.migrates === true) return false;
  if (isObject(body['spec']) && body['spec']['replicas'] !== undefined) return false;
  const entry = entriesOf(resource).find(({ uid }) => uid === observation.live.uid);
  return live !== null || entry?.managedFieldsHash !== observation.live.managedFieldsHash;
}

function isRecorded(resource: Resource, hash: string | null, { entriesOf, isTrusted }: ObserveContext): boolean {
  const entry = recordedAs(hash, resource, entriesOf(resource));
  return entry !== null && isTrusted(entry);
}

/** The entry of an object whose manifest is the one that was applied last. */
function recordedAs(hash: string | null, { source }: Resource, entries: readonly Entry[]): Entry | null {
  const [entry, ...others] = entries;
  if (entry === undefined || others.length > 0 || hash === null) return null;
  return entry.pending === null && entry.hash === hash && entry.file === source.path ? entry : null;
}

/** What a dry run seems to leave as it is: certain if it is what was recorded, else by what is in the object. */
async function proven(
  observation: Observation,
  { resource, hash, context, ...at }: ForProof,
  signal: AbortSignal,
): Promise<Observation> {
  if (observation.kind !== 'unchanged') return observation;
  const entry = recordedAs(hash, resource, context.entriesOf(resource));
  if (entry !== null && context.isAccurate(entry)) return observation;
  const { proveUnchanged } = await import('../content/prove-unchanged.ts');
  return proveUnchanged(observation, at, context, signal);
}

interface ForProof {
  readonly resource: Resource;
  readonly path: string;
  readonly body: JsonObject;
  readonly hash: string | null;
  readonly context: ObserveContext;
}

function refuseMissing(resource: Resource, { target, namespaceMissing }: ObserveContext): Problem | null {
  if (!namespaceMissing || resource.id.namespace !== target.namespace) return null;
  return {
    code: 'namespace-missing',
    subject: formatPosition(resource.source),
    message: `namespace ${target.namespace} does not exist`,
    remedy: `Set createNamespace: true on target ${target.name} in headgate.yml, or create the namespace.`,
  };
}

/** A refusal that is only about a change names what changes, and for that reads the whole live object. */
async function withChanges(
  observation: Observation,
  { path, body, context }: { path: string; body: JsonObject; context: ObserveContext },
  signal: AbortSignal,
): Promise<Observation> {
  const isChange = (problem: Refusal) => problem.refused?.fields.some((field) => field.isChange) === true;
  if (observation.kind !== 'refused' || !isChange(observation.problem)) return observation;
  const answer = await context.connection.request({ method: 'GET', path }, signal);
  if (answer.status !== 200) return observation;
  const { nameChanges } = await import('../refusal/name-changes.ts');
  const live = parseJson(answer.text);
  return isObject(live) ? { ...observation, problem: nameChanges(observation.problem, { live, body }) } : observation;
}

/**
 * The time of our managedFields entry moves only when a value changes. A manifest that adds a field with the value it already
 * has changes the entry alone. It still has to be applied: Headgate can remove only a field that it owns.
 */
function withOwners(observation: Observation, entries: readonly Entry[]): Observation {
  if (observation.kind !== 'unchanged') return observation;
  const { uid, managedFieldsHash } = observation.live;
  const recorded = entries.find((entry) => entry.uid === uid)?.managedFieldsHash ?? managedFieldsHash;
  return recorded === managedFieldsHash ? observation : { ...observation, kind: 'updates' };
}

/** If the definition was deleted since the kinds were read, the server's 404 does not name the kind. */
function withKindProblem(observation: Observation, resource: Resource): Observation {
  const isUnknown = observation.kind === 'refused' && observation.problem.code === 'kind-unknown';
  return isUnknown ? { ...observation, problem: unknownKind(resource) } : observation;
}

function unknownKind({ id, apiVersion, source }: Resource): Problem {
  return {
    code: 'kind-unknown',
    subject: formatPosition(source),
    message: `the cluster does not serve ${id.kind} in ${apiVersion}`,
    remedy: 'Fix kind or apiVersion, or push the CustomResourceDefinition that defines it.',
  };
}

/** Reads the metadata of a live object whose uid is not in the inventory, so that the plan can determine its owner. */
async function liveIfUnknown(
  observation: Observation,
  at: { resource: Resource; path: string; context: ObserveContext },
  signal: AbortSignal,
): Promise<LiveMetadata | null> {
  if (!('live' in observation) || observation.kind === 'exists') return null;
  // A replacement deletes the object, so the live owner label is always read, even if the inventory lists the object.
  // A migration needs the live managedFields.
  if (observation.kind === 'replaces' || (observation.kind === 'updates' && observation.migrates === true))
    return readLive(at.path, at, signal);
  if (at.context.entriesOf(at.resource).some(({ uid }) => uid === observation.live.uid)) return null;
  return readLive(at.path, at, signal);
}
