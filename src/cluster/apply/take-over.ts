import { failureClassOf } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { takeoverPatch } from '../../plan/ownership/takeover.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId, formatPosition, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Fence } from '../api/connection.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { readLive } from '../observe/observe.ts';
import { applySetId } from '../state/parent.ts';
import { problemOf } from '../api/status.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import type { ObserveContext } from '../observe/context.ts';

/** Controllers write to it meanwhile. */
const CONFLICT_TRIES = 5;

/** Makes ours, right before the first apply, what kubectl, or an adopted object's former owner, held of it. Null when that is done or there is nothing to do. */
export async function takeOver(
  first: LiveMetadata,
  { resource, path, migrates, fence }: { resource: Resource; path: string; migrates: boolean; fence: Fence },
  context: Pick<ObserveContext, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<Problem | null> {
  let live: LiveMetadata | null = first;
  for (let tries = 1; live !== null; tries += 1) {
    const patch = takeoverPatch(
      live,
      legacyOf(live, applySetId(context.target)),
      migrates ? resource.apiVersion : null,
    );
    if (patch === null) return null;
    const body = stringifyJson(patch.map((operation) => ({ ...operation })));
    const answer = await context.connection.request(
      {
        method: 'PATCH',
        path: `${path}?fieldManager=headgate`,
        body,
        accept: METADATA_ONLY,
        contentType: 'application/json-patch+json',
        fence,
      },
      signal,
    );
    if (answer.status < 300 || answer.status === 404) return null;
    if (answer.status !== 409 || tries === CONFLICT_TRIES) {
      const error = problemOf(answer, { subject: formatPosition(resource.source), secret: hidesValues(resource) });
      if (failureClassOf(error.code) === 'external') throw error;
      return { ...error.problem, message: `${formatId(resource.id)} cannot be taken over: ${error.message}` };
    }
    live = await readLive(path, { context, resource }, signal);
  }
  return null;
}
