import type { Problem } from '../../error/deploy-error.ts';
import { atOnce, retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { takeoverPatch } from '../../plan/ownership/takeover.ts';
import { stringifyJson } from '../../resource/json.ts';
import { formatId, formatPosition, hidesValues } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import type { Fence, KubeAnswer } from '../api/connection.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { applySetId } from '../state/parent.ts';
import { isStalePatch } from './stale-patch.ts';
import { refusalOf } from '../api/status.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import type { ObserveContext } from '../observe/context.ts';
import { readLive } from '../api/owned.ts';

/** If a controller writes to the object meanwhile, it is read again. */
const CONFLICTS: RetryPolicy<KubeAnswer | null> = {
  pausesMs: [0, 0, 0, 0],
  verdictOn: (outcome) =>
    outcome.kind === 'answered' && outcome.answer !== null && isStalePatch(outcome.answer) ? 'again' : 'final',
};

interface TakeOver {
  readonly resource: Resource;
  readonly path: string;
  readonly migrates: boolean;
  readonly fence: Fence;
}

/** Takes over, right before the first apply, the fields that kubectl or an adopted object's former owner manages. Null: no problem. */
export async function takeOver(
  first: LiveMetadata,
  takeover: TakeOver,
  context: Pick<ObserveContext, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<Problem | null> {
  const { resource, path } = takeover;
  const attempt = async (attempts: number) => {
    const live = attempts === 0 ? first : await readLive(path, { context, resource }, signal);
    return live === null ? null : patchOnce(live, takeover, context, signal);
  };
  const answer = await retry(attempt, CONFLICTS, { wait: atOnce, signal });
  if (answer === null || answer.status < 300 || answer.status === 404) return null;
  const about = { subject: formatPosition(resource.source), secret: hidesValues(resource) };
  const problem = await refusalOf(answer, about);
  return { ...problem, message: `${formatId(resource.id)} cannot be taken over: ${problem.message}` };
}

/** Null if there is nothing to take over. */
async function patchOnce(
  live: LiveMetadata,
  { resource, path, migrates, fence }: TakeOver,
  { connection, target }: Pick<ObserveContext, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<KubeAnswer | null> {
  const patch = takeoverPatch(live, legacyOf(live, applySetId(target)), migrates ? resource.apiVersion : null);
  if (patch === null) return null;
  return connection.request(
    {
      method: 'PATCH',
      path: `${path}?fieldManager=headgate`,
      body: stringifyJson(patch.map((operation) => ({ ...operation }))),
      accept: METADATA_ONLY,
      contentType: 'application/json-patch+json',
      fence,
    },
    signal,
  );
}
