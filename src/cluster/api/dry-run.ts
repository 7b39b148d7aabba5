import type { Target } from '../../config/checked/config.ts';
import type { Observation } from '../../plan/model/facts.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatPosition } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import { METADATA_ONLY, acceptFor, answeredObject, finalizersOf, lastChangeByUs, seenOf } from './metadata.ts';
import { conflictsOf, manifestRefusalOf, obstacleOf } from './status.ts';
import type { Connection } from './connection.ts';

/** Errors of the manifest or the target's rights are observations. @throws DeployError for external failures. */
export async function dryRun(
  { resource, path, body }: { resource: Resource; path: string; body: JsonObject },
  { connection, target }: { readonly connection: Connection; readonly target: Target },
  signal: AbortSignal,
): Promise<Observation> {
  const dryRunWith = async (conflicts: Target['conflicts']) => {
    const startedMs = performance.now();
    const request = applyRequest(`${path}?dryRun=All&`, body, { conflicts });
    const response = await connection.request({ ...request, accept: acceptFor(resource.id) }, signal);
    const sentAtMs = response.date === null ? null : response.date - (performance.now() - startedMs);
    return { answer: response, sentAtMs };
  };
  // Without force first: only a refusal, which is rare, names the managers of the fields that force would take.
  const unforced = await dryRunWith('fail');
  const taken = target.conflicts === 'force' ? conflictsOf(unforced.answer) : [];
  const { answer, sentAtMs } = taken.length === 0 ? unforced : await dryRunWith('force');
  if (answer.status >= 300)
    return { kind: 'refused', problem: await manifestRefusalOf(answer, resource), ...obstacleOf(answer) };
  const { metadata, status } = answeredObject(answer.text, {
    subject: formatPosition(resource.source),
    fields: ['name'],
  });
  const warned = answer.warnings.length === 0 ? {} : { warnings: answer.warnings };
  // Without a resourceVersion the object does not exist. (One that was sent would be echoed; we send none.)
  if (metadata['resourceVersion'] === undefined) return { kind: 'creates', ...warned };
  if (metadata['deletionTimestamp'] !== undefined) return { kind: 'terminating', finalizers: finalizersOf(metadata) };
  const live = seenOf(metadata, status);
  if (taken.length > 0) return { kind: 'updates', live, taken, ...warned };
  return { kind: isUnchanged(metadata, sentAtMs) ? 'unchanged' : 'updates', live, ...warned };
}

/** By the server's clock: a dry run that changes something sets the time of our managedFields entry to the request's. */
function isUnchanged(metadata: JsonObject, sentAtMs: number | null): boolean {
  const changedAtMs = lastChangeByUs(metadata);
  // The server truncates both to whole seconds.
  return changedAtMs !== null && sentAtMs !== null && changedAtMs < sentAtMs - 2_000;
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
