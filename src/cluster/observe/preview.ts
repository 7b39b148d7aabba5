import type { Write, Prune } from '../../plan/model/plan.ts';
import { judgePrune } from '../../plan/ownership/prune-rule.ts';
import { changedFields } from '../../plan/model/field-changes.ts';
import type { Preview } from '../../deploy/ports/cluster.ts';
import { hidesValues } from '../../resource/resource.ts';
import { readLiveAndDryRun } from './live-and-dry-run.ts';
import { objectPath } from '../api/kinds.ts';
import type { KindCache } from '../api/kinds.ts';
import { readOwned } from '../api/owned.ts';
import type { ObserveContext } from './context.ts';

type PreviewContext = Pick<ObserveContext, 'connection' | 'target' | 'kindOf' | 'applySetId'> & {
  readonly kinds: KindCache;
  readonly touched: ReadonlySet<string>;
};

/** Details for the reader of a plan. A deploy skips them because they need whole objects. */
export async function preview(change: Write | Prune, context: PreviewContext, signal: AbortSignal): Promise<Preview> {
  return change.op === 'prune' ? previewPrune(change, context, signal) : previewWrite(change, context, signal);
}

async function previewPrune({ entry }: Prune, context: PreviewContext, signal: AbortSignal): Promise<Preview> {
  const owned = await readOwned(entry, context, signal);
  const verdict = judgePrune(entry, owned?.live ?? null, context);
  if (verdict.kind === 'keep') return { kind: 'keep', reason: verdict.reason };
  return verdict.kind === 'gone' ? { kind: 'keep', reason: 'it is already gone' } : { kind: 'prune' };
}

async function previewWrite(
  { op, candidate, unverified }: Write,
  context: PreviewContext,
  signal: AbortSignal,
): Promise<Preview> {
  const { resource, body, observation } = candidate;
  const kind = context.kindOf(resource);
  if (op !== 'update' || kind === null || unverified) return { kind: 'differs', fields: [] };
  // The recorded version lacks fields of the new one, so there is nothing to compare.
  if (observation.kind === 'updates' && observation.migrates === true)
    return { kind: 'differs', fields: [{ path: 'apiVersion', before: undefined, after: resource.apiVersion }] };
  const compared = { resource, body, path: objectPath(kind, resource.id) };
  const { before, after } = await readLiveAndDryRun(compared, context, signal);
  return { kind: 'differs', fields: changedFields(before, after, { isSecret: hidesValues(resource) }) };
}
