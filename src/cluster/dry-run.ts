import type { Target } from '../config/config.ts';
import { failureClassOf } from '../error/deploy-error.ts';
import type { Observation } from '../plan/facts.ts';
import { stringifyJson } from '../resource/json.ts';
import { formatPosition, hidesValues } from '../resource/resource.ts';
import type { JsonObject, Resource } from '../resource/resource.ts';
import { METADATA_ONLY, acceptFor, finalizersOf, lastChangeByUs, readObject, seenOf } from './metadata.ts';
import type { ObserveContext } from './run.ts';
import { problemOf } from './status.ts';

/** @throws DeployError of the world's class; what the manifest or the target's rights are to blame for is an observation. */
export async function dryRun(
  { resource, path, body }: { resource: Resource; path: string; body: JsonObject },
  { connection, target }: Pick<ObserveContext, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<Observation> {
  const startedMs = performance.now();
  const request = { ...applyRequest(`${path}?dryRun=All&`, body, target), accept: acceptFor(resource.id) };
  const answer = await connection.request(request, signal);
  const askedAt = answer.date === null ? null : answer.date - (performance.now() - startedMs);
  if (answer.status >= 300) {
    const error = problemOf(answer, { subject: formatPosition(resource.source), secret: hidesValues(resource) });
    if (failureClassOf(error.code) === 'world') throw error;
    return { kind: 'refused', problem: error.problem };
  }
  const { metadata, status } = readObject(answer.text);
  // Without a resourceVersion the object is not there (one that is sent would be echoed, and none is).
  if (metadata['resourceVersion'] === undefined) return { kind: 'creates' };
  if (metadata['deletionTimestamp'] !== undefined) return { kind: 'terminating', finalizers: finalizersOf(metadata) };
  return { kind: isUnchanged(metadata, askedAt) ? 'unchanged' : 'updates', live: seenOf(metadata, status) };
}

/** By the server's own clock: a dry run that changes something stamps our entry with the time of the request. */
function isUnchanged(metadata: JsonObject, askedAt: number | null): boolean {
  const changedAt = lastChangeByUs(metadata);
  // Both are cut to whole seconds.
  return changedAt !== null && askedAt !== null && changedAt < askedAt - 2_000;
}

export function applyRequest(path: string, body: JsonObject, target: Target) {
  const force = target.conflicts === 'force' ? '&force=true' : '';
  return {
    method: 'PATCH',
    path: `${path}fieldManager=headgate&fieldValidation=Strict${force}`,
    body: stringifyJson(body),
    contentType: 'application/apply-patch+yaml',
    accept: METADATA_ONLY,
  } as const;
}
