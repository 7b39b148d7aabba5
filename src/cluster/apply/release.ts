import { atOnce, retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { PART_OF, SOURCE } from '../../plan/model/body.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import type { Release } from '../../plan/model/plan.ts';
import { removalsOf } from '../../plan/ownership/takeover.ts';
import { judgePrune } from '../../plan/ownership/prune-rule.ts';
import { EVERY_FILE, uninstallActionFor } from '../../plan/ownership/uninstall-action.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import { formatId } from '../../resource/resource.ts';
import type { KubeAnswer } from '../api/connection.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { readOwned } from '../api/owned.ts';
import { refusalOf } from '../api/status.ts';
import type { PruneContext } from './prune.ts';

/** If a controller writes to the object meanwhile, it is read and judged again. */
const CONFLICTS: RetryPolicy<KubeAnswer | null> = {
  pausesMs: [0, 0, 0, 0, 0],
  verdictOn: (outcome) => (outcome.kind === 'answered' && outcome.answer?.status === 409 ? 'again' : 'final'),
};

type ReleaseContext = Omit<PruneContext, 'removed' | 'touched'>;

/** Gives up an object that another target defines. One that is gone, or has another owner by now, is only forgotten. */
export async function release(change: Release, context: ReleaseContext, signal: AbortSignal): Promise<ChangeResult> {
  const answer = await retry(() => judgeAndRelease(change, context, signal), CONFLICTS, { wait: atOnce, signal });
  if (answer === null || answer.status < 300 || answer.status === 404) return { kind: 'released', release: change };
  return {
    kind: 'failed',
    change,
    problem: await refusalOf(answer, { subject: formatId(change.entry.id), secret: true }),
  };
}

/** Null: there is nothing to release. */
async function judgeAndRelease(
  { entry }: Release,
  { target, applySetId, ...context }: ReleaseContext,
  signal: AbortSignal,
): Promise<KubeAnswer | null> {
  const owned = await readOwned(entry, context, signal);
  const verdict = judgePrune(entry, owned?.live ?? null, { target, applySetId, touched: EVERY_FILE });
  const { op } = uninstallActionFor(entry, verdict, true);
  if (owned === null || op !== 'release') return null;
  return context.connection.request({ ...releaseRequest(owned.path, owned.live, true), fence: context.held }, signal);
}

/** Removes Headgate's label and annotation from exactly this object. `bindVersion`: only if it has not changed since it was read. */
export function releaseRequest(
  path: string,
  {
    uid,
    resourceVersion,
    labels,
    annotations,
  }: Pick<LiveMetadata, 'uid' | 'resourceVersion' | 'labels' | 'annotations'>,
  bindVersion: boolean,
) {
  const operations = [
    { op: 'test', path: '/metadata/uid', value: uid },
    ...(bindVersion ? [{ op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }] : []),
    ...removalsOf('labels', labels, [PART_OF]),
    ...removalsOf('annotations', annotations, [SOURCE]),
  ];
  return {
    method: 'PATCH',
    path: `${path}?fieldManager=headgate`,
    body: JSON.stringify(operations),
    contentType: 'application/json-patch+json',
    accept: METADATA_ONLY,
  } as const;
}
