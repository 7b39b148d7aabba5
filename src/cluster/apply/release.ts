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
import { isStalePatch } from './stale-patch.ts';
import { refusalOf } from '../api/status.ts';
import type { PruneContext } from './prune.ts';

/** `free`: its label was removed before. `taken`: it has another owner, or is gone. */
type Attempt = { readonly kind: 'free' | 'taken' } | { readonly kind: 'requested'; readonly answer: KubeAnswer };

/** If a controller writes to the object meanwhile, it is read and judged again. */
const CONFLICTS: RetryPolicy<Attempt> = {
  pausesMs: [0, 0, 0, 0, 0],
  verdictOn: (outcome) =>
    outcome.kind === 'answered' && outcome.answer.kind === 'requested' && isStalePatch(outcome.answer.answer)
      ? 'again'
      : 'final',
};

type ReleaseContext = Omit<PruneContext, 'removed' | 'touched'>;

/** Gives up an object that another target defines. */
export async function release(change: Release, context: ReleaseContext, signal: AbortSignal): Promise<ChangeResult> {
  const last = await retry(() => judgeAndRelease(change, context, signal), CONFLICTS, { wait: atOnce, signal });
  if (last.kind !== 'requested') return { kind: 'released', release: change, isTaken: last.kind === 'taken' };
  const { answer } = last;
  if (answer.status < 300 || answer.status === 404)
    return { kind: 'released', release: change, isTaken: answer.status === 404 };
  return {
    kind: 'failed',
    change,
    problem: await refusalOf(answer, { subject: formatId(change.entry.id), secret: true }),
  };
}

async function judgeAndRelease(
  { entry, to }: Release,
  { target, applySetId, ...context }: ReleaseContext,
  signal: AbortSignal,
): Promise<Attempt> {
  const owned = await readOwned(entry, context, signal);
  // The answer to an earlier attempt may have been lost.
  const released = { ...entry, releasedTo: to };
  const verdict = judgePrune(released, owned?.live ?? null, { target, applySetId, touched: EVERY_FILE });
  if (verdict.kind === 'prune' && verdict.isReleased === true) return { kind: 'free' };
  const { op } = uninstallActionFor(entry, verdict, true);
  if (owned === null || op !== 'release') return { kind: 'taken' };
  const request = { ...releaseRequest(owned.path, owned.live, true), fence: context.held };
  return { kind: 'requested', answer: await context.connection.request(request, signal) };
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
