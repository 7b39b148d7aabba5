import type { Target } from '../../config/checked/config.ts';
import { failureClassOf } from '../../error/deploy-error.ts';
import type { Observation } from '../../plan/model/facts.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatPosition, hidesValues } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import { METADATA_ONLY, acceptFor, finalizersOf, lastChangeByUs, readObject, seenOf } from './metadata.ts';
import { conflictsOf, problemOf } from './status.ts';
import type { Connection } from './connection.ts';

/** @throws DeployError of the world's class; what the manifest or the target's rights are to blame for is an observation. */
export async function dryRun(
  { resource, path, body }: { resource: Resource; path: string; body: JsonObject },
  { connection, target }: { readonly connection: Connection; readonly target: Target },
  signal: AbortSignal,
): Promise<Observation> {
  const ask = async (conflicts: Target['conflicts']) => {
    const startedMs = performance.now();
    const request = applyRequest(`${path}?dryRun=All&`, body, { conflicts });
    const answered = await connection.request({ ...request, accept: acceptFor(resource.id) }, signal);
    const date = answered.date === null ? null : answered.date - (performance.now() - startedMs);
    return { answer: answered, askedAt: date };
  };
  // Without force first: only a refusal names from whom a field would be taken, and it is rare.
  const gentle = await ask('fail');
  const taken = target.conflicts === 'force' ? conflictsOf(gentle.answer) : [];
  const { answer, askedAt } = taken.length === 0 ? gentle : await ask('force');
  if (answer.status >= 300) {
    const error = problemOf(answer, { subject: formatPosition(resource.source), secret: hidesValues(resource) });
    if (failureClassOf(error.code) === 'external') throw error;
    return { kind: 'refused', problem: error.problem };
  }
  const { metadata, status } = readObject(answer.text);
  const warned = answer.warnings.length === 0 ? {} : { warnings: answer.warnings };
  // Without a resourceVersion the object is not there (one that is sent would be echoed, and none is).
  if (metadata['resourceVersion'] === undefined) return { kind: 'creates', ...warned };
  if (metadata['deletionTimestamp'] !== undefined) return { kind: 'terminating', finalizers: finalizersOf(metadata) };
  const live = seenOf(metadata, status);
  if (taken.length > 0) return { kind: 'updates', live, taken, ...warned };
  return { kind: isUnchanged(metadata, askedAt) ? 'unchanged' : 'updates', live, ...warned };
}

/** By the server's own clock: a dry run that changes something stamps our entry with the time of the request. */
function isUnchanged(metadata: JsonObject, askedAt: number | null): boolean {
  const changedAt = lastChangeByUs(metadata);
  // Both are cut to whole seconds.
  return changedAt !== null && askedAt !== null && changedAt < askedAt - 2_000;
}

export function applyRequest(path: string, body: JsonObject, { conflicts }: Pick<Target, 'conflicts'>) {
  const force = conflicts === 'force' ? '&force=true' : '';
  return {
    method: 'PATCH',
    path: `${path}fieldManager=headgate&fieldValidation=Strict${force}`,
    body: stringifyJson(body),
    contentType: 'application/apply-patch+yaml',
    accept: METADATA_ONLY,
  } as const;
}
