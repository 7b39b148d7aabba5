import { legacyOf } from '../../plan/ownership/adoption.ts';
import { isOurApply, mergedFields, takenEntries } from '../../plan/ownership/takeover.ts';
import type { Candidate, LiveMetadata } from '../../plan/model/facts.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import type { ObserveContext } from './context.ts';
import { readLiveAndDryRun } from '../content/live-and-dry-run.ts';
import { readLive } from '../api/owned.ts';

/** Adds the number of replicas before and after if it leaves Git. What another manager owns does not change. */
export async function withLostReplicas(
  candidate: Candidate,
  { path, context }: { path: string; context: ObserveContext },
  signal: AbortSignal,
): Promise<Candidate> {
  const { resource, observation } = candidate;
  const live = candidate.live ?? (await readLive(path, { context, resource }, signal));
  if (observation.kind !== 'updates' || live === null || !ownsReplicas(live, context)) return candidate;
  const compared = await readLiveAndDryRun({ ...candidate, path }, context, signal);
  const [before, after] = [replicasOf(compared.before), replicasOf(compared.after)];
  return before === after ? candidate : { ...candidate, observation: { ...observation, replicas: { before, after } } };
}

function ownsReplicas(live: LiveMetadata, { applySetId }: Pick<ObserveContext, 'applySetId'>): boolean {
  const legacy = legacyOf(live, applySetId);
  const own = live.managedFields.filter((entry) => isOurApply(entry));
  const { 'f:spec': spec } = mergedFields([...own, ...takenEntries(live.managedFields, legacy)]);
  return isObject(spec) && spec['f:replicas'] !== undefined;
}

function replicasOf({ spec }: JsonObject): Json | undefined {
  return isObject(spec) ? spec['replicas'] : undefined;
}
