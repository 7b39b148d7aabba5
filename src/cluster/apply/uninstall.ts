import type { Problem } from '../../error/deploy-error.ts';
import { NOTHING_RECORDED, withChange } from '../../state/target-state.ts';
import { SOURCE, PART_OF } from '../../plan/model/body.ts';
import { uninstallActionFor } from '../../plan/ownership/uninstall-action.ts';
import type { UninstallAction } from '../../plan/ownership/uninstall-action.ts';
import type { Entry } from '../../state/inventory.ts';
import { stepOf } from '../../resource/kind-order.ts';
import { formatId } from '../../resource/resource.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { entriesOf, readInventory } from '../state/inventory-store.ts';
import { takeLease } from '../state/lease.ts';
import type { HeldParent } from '../state/lease.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { ensureKindsKnown, readOwned } from '../api/owned.ts';
import { applySetId } from '../state/parent.ts';
import type { Parent } from '../state/parent.ts';
import { deleteRequest } from '../api/delete-request.ts';
import { rebuild } from '../state/rebuild.ts';
import type { ClusterRun } from '../state/run.ts';
import type { StateStore } from '../state/state-store.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import { removalsOf } from '../../plan/ownership/takeover.ts';
import { refusalOf } from '../api/status.ts';

export interface UninstallContext extends ClusterRun {
  readonly store: StateStore;
  /** Null: the state is gone, so the inventory is rebuilt from the labels in the cluster. */
  readonly parent: Parent | null;
}

export interface Removed {
  readonly action: UninstallAction;
  /** Null if it succeeded. */
  readonly problem: Problem | null;
}

/** What an uninstall would do with everything that the target owns. Nothing is written. */
export async function planUninstall(
  { isKept }: { isKept: boolean },
  context: UninstallContext,
  signal: AbortSignal,
): Promise<readonly UninstallAction[]> {
  const entries = await allEntries(context, signal);
  await ensureKindsKnown(entries, context, signal);
  return inParallel(entries, REQUESTS_AT_ONCE, (entry) => judge(entry, isKept, context, signal));
}

async function allEntries({ parent, store, ...run }: UninstallContext, signal: AbortSignal): Promise<readonly Entry[]> {
  const inventory =
    parent?.state.inventory.isRecorded === true
      ? await readInventory(parent.state.inventory, { files: 'all', have: null }, { store, signal })
      : null;
  if (inventory !== null) return entriesOf(inventory);
  const kinds = await run.kinds.all(run.connection, signal);
  return rebuild(kinds, { ...run, applySetId: applySetId(run.target) }, signal);
}

async function judge(
  entry: Entry,
  isKept: boolean,
  context: UninstallContext,
  signal: AbortSignal,
): Promise<UninstallAction> {
  const owned = await readOwned(entry, context, signal);
  const { target } = context;
  return uninstallActionFor(entry, owned?.live ?? null, { target, applySetId: applySetId(target), isKept });
}

/**
 * Deletes or releases what was planned, in prune order, judging each object again right before; then deletes the state,
 * its parent last. Interrupt it anywhere: the state still exists, and the next uninstall resumes.
 */
export async function uninstall(
  actions: readonly UninstallAction[],
  context: UninstallContext,
  signal: AbortSignal,
): Promise<readonly Removed[]> {
  const { parent, store, runner } = context;
  if (parent === null && actions.length === 0) return [];
  const opening = withChange(parent?.state ?? NOTHING_RECORDED, { run: { dirty: 'all' } });
  const held = await takeLease(parent, opening, { store, runner, signal });
  const steps = Map.groupBy(actions, ({ entry }) => stepOf(entry.id));
  const done: Removed[] = [];
  for (const [, members] of [...steps].toSorted(([a], [b]) => b - a)) {
    done.push(
      ...(await inParallel(members, REQUESTS_AT_ONCE, (action) => remove(action, { ...context, held }, signal))),
    );
    context.progress({ done: done.length, total: actions.length });
  }
  if (done.some(({ problem }) => problem !== null)) await held.write({ run: { lease: null } }, signal);
  else await store.deleteAll(signal);
  return done;
}

async function remove(
  planned: UninstallAction,
  context: UninstallContext & { readonly held: HeldParent },
  signal: AbortSignal,
): Promise<Removed> {
  const { entry } = planned;
  const { connection, target, held } = context;
  const owned = await readOwned(entry, context, signal);
  const isKept = planned.op === 'release';
  const action = uninstallActionFor(entry, owned?.live ?? null, { target, applySetId: applySetId(target), isKept });
  if (owned === null || action.op === 'gone' || action.op === 'leave') return { action, problem: null };
  // The target did not own it when the user confirmed the plan, so it stays.
  if (action.op === 'delete' && planned.op !== 'delete') return { action: planned, problem: null };
  const request =
    action.op === 'delete' ? deleteRequest(owned.path, owned.live, false) : releaseRequest(owned.path, owned.live);
  const answer = await connection.request({ ...request, fence: held }, signal);
  if (answer.status < 300 || answer.status === 404) return { action, problem: null };
  return { action, problem: await refusalOf(answer, { subject: formatId(entry.id), secret: true, request: 'delete' }) };
}

/** Removes Headgate's label and annotation from exactly this object. */
function releaseRequest(
  path: string,
  { uid, labels, annotations }: Pick<LiveMetadata, 'uid' | 'labels' | 'annotations'>,
) {
  const operations = [
    { op: 'test', path: '/metadata/uid', value: uid },
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
