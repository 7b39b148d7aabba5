import type { FieldConflict } from '../../plan/model/facts.ts';
import type { Write, Prune } from '../../plan/model/plan.ts';
import { changedFields } from '../../plan/model/field-changes.ts';
import type { ChangePreview } from '../../deploy/ports/cluster.ts';
import { readLiveAndDryRun } from '../content/live-and-dry-run.ts';
import { applyRequest } from '../api/dry-run.ts';
import { objectPath } from '../api/kinds.ts';
import type { KindCache } from '../api/kinds.ts';
import { readOwned } from '../api/owned.ts';
import { conflictsOf } from '../api/status.ts';
import { judgeRemoval } from '../removal/judge-removal.ts';
import type { ContentsRule } from '../../plan/ownership/contents-rule.ts';
import type { ObserveContext } from './context.ts';

type PreviewContext = Pick<ObserveContext, 'connection' | 'target' | 'kindOf' | 'applySetId'> &
  Pick<ContentsRule, 'touched' | 'removed' | 'written'> & { readonly kinds: KindCache };

/** Details for the reader of a plan. A deploy skips them because they need whole objects. */
export async function preview(
  change: Write | Prune,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<ChangePreview> {
  return change.op === 'prune' ? previewPrune(change, context, signal) : previewWrite(change, context, signal);
}

async function previewPrune({ entry }: Prune, context: PreviewContext, signal: AbortSignal): Promise<ChangePreview> {
  const owned = await readOwned(entry, context, signal);
  const verdict = await judgeRemoval(entry, owned?.live ?? null, { ...context, removedState: null }, signal);
  if (verdict.kind === 'keep') return { kind: 'keep', reason: verdict.reason };
  return verdict.kind === 'gone' ? { kind: 'keep', reason: 'it is already gone' } : { kind: 'prune' };
}

async function previewWrite(
  { op, candidate, unverified }: Write,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<ChangePreview> {
  const { resource, body, observation } = candidate;
  const kind = context.kindOf(resource);
  if (op !== 'update' || kind === null || unverified) return { kind: 'differs', fields: [] };
  // The recorded version lacks fields of the new one, so there is nothing to compare.
  if (observation.kind === 'updates' && observation.migrates === true)
    return { kind: 'differs', fields: [{ path: 'apiVersion', before: undefined, after: resource.apiVersion }] };
  const updated = { resource, body, live: candidate.live, path: objectPath(kind, resource.id) };
  const { before, after, refused } = await readLiveAndDryRun(updated, context, signal);
  if (refused !== null) return { kind: 'refused', problem: refused };
  return { kind: 'differs', fields: changedFields(before, after, resource) };
}

/** The fields that an unforced apply would conflict on, by a dry run. Nothing is written. */
export async function conflictingManagers(
  { op, candidate: { resource, body } }: Write,
  { connection, kindOf }: Pick<ObserveContext, 'connection' | 'kindOf'>,
  signal: AbortSignal,
): Promise<readonly FieldConflict[]> {
  const kind = kindOf(resource);
  if (op !== 'update' || kind === null) return [];
  const request = applyRequest(`${objectPath(kind, resource.id)}?dryRun=All&`, body, { conflicts: 'fail' });
  return conflictsOf(await connection.request(request, signal));
}
