import { failureClassOf } from '../error/deploy-error.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { LiveMetadata } from '../plan/ownership.ts';
import { takeoverPatch } from '../plan/takeover.ts';
import { stringifyJson } from '../resource/json.ts';
import { formatId, formatPosition, hidesValues } from '../resource/resource.ts';
import type { Resource } from '../resource/resource.ts';
import { METADATA_ONLY } from './metadata.ts';
import { readLive } from './observe.ts';
import type { ObserveContext } from './run.ts';
import { problemOf } from './status.ts';

/** Controllers write to it meanwhile. */
const CONFLICT_TRIES = 5;

/** Makes ours, right before the first apply, what kubectl held of an object. Null when that is done or there is nothing to do. */
export async function takeOver(
  first: LiveMetadata,
  { resource, path }: { resource: Resource; path: string },
  context: Pick<ObserveContext, 'connection'>,
  signal: AbortSignal,
): Promise<Problem | null> {
  let live: LiveMetadata | null = first;
  for (let tries = 1; live !== null; tries += 1) {
    const patch = takeoverPatch(live);
    if (patch === null) return null;
    const body = stringifyJson(patch.map((operation) => ({ ...operation })));
    const request = { method: 'PATCH', path: `${path}?fieldManager=headgate`, body, accept: METADATA_ONLY } as const;
    const answer = await context.connection.request({ ...request, contentType: 'application/json-patch+json' }, signal);
    if (answer.status < 300 || answer.status === 404) return null;
    if (answer.status !== 409 || tries === CONFLICT_TRIES) {
      const error = problemOf(answer, { subject: formatPosition(resource.source), secret: hidesValues(resource) });
      if (failureClassOf(error.code) === 'world') throw error;
      return { ...error.problem, message: `${formatId(resource.id)} cannot be taken over: ${error.message}` };
    }
    live = await readLive(path, { context, resource }, signal);
  }
  return null;
}
