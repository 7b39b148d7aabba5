import type { Problem } from '../../error/deploy-error.ts';
import { NOTHING_RECORDED, withChange } from '../../state/target-state.ts';
import { EVERY_FILE, uninstallActionFor } from '../../plan/ownership/uninstall-action.ts';
import type { UninstallAction } from '../../plan/ownership/uninstall-action.ts';
import type { Entry } from '../../state/inventory.ts';
import { pruneStepOf } from '../../resource/kind-order.ts';
import { formatId } from '../../resource/resource.ts';
import { inParallel } from '../../exchange/pool.ts';
import { atOnce, retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import type { KubeAnswer } from '../api/connection.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { entriesOf, readInventory } from '../state/inventory-store.ts';
import { takeLease } from '../state/lease.ts';
import type { HeldParent } from '../state/lease.ts';
import { ensureKindsKnown, readOwned } from '../api/owned.ts';
import { applySetId, parentName } from '../state/parent.ts';
import type { Parent } from '../state/parent.ts';
import { confirmDeleted, deleteRequest } from '../api/delete-request.ts';
import { rebuild } from '../state/rebuild.ts';
import type { ClusterRun } from '../state/run.ts';
import type { StateStore } from '../state/state-store.ts';
import type { LiveMetadata } from '../../plan/model/facts.ts';
import { hasContents, judgePrune } from '../../plan/ownership/prune-rule.ts';
import { judgeRemoval } from '../removal/judge-removal.ts';
import { refusalOf } from '../api/status.ts';
import { releaseRequest } from './release.ts';
import { isStalePatch } from './stale-patch.ts';

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
  const judgeAll = (some: readonly Entry[], before: readonly UninstallAction[]) => {
    const removed = before.filter(({ op }) => op === 'delete').map(({ entry }) => entry);
    return inParallel(some, REQUESTS_AT_ONCE, async (entry) => {
      const owned = await readOwned(entry, context, signal);
      return judge(entry, owned?.live ?? null, { ...context, isKept, removed }, signal);
    });
  };
  const isLast = (entry: Entry) => hasContents(entry);
  const first = await judgeAll(
    entries.filter((entry) => !isLast(entry)),
    [],
  );
  return [...first, ...(await judgeAll(entries.filter(isLast), first))];
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

/** By the prune rule, right before the deletion too. The state is deleted last, so it keeps no Namespace. */
async function judge(
  entry: Entry,
  live: LiveMetadata | null,
  { connection, target, isKept, removed }: UninstallContext & UninstallRule,
  signal: AbortSignal,
): Promise<UninstallAction> {
  const rule = { target, applySetId: applySetId(target), touched: EVERY_FILE };
  const contents = { connection, removed, written: [], removedState: parentName(target.name) };
  const verdict = isKept
    ? judgePrune(entry, live, rule)
    : await judgeRemoval(entry, live, { ...rule, ...contents }, signal);
  return uninstallActionFor(entry, verdict, isKept);
}

interface UninstallRule {
  readonly isKept: boolean;
  readonly removed: readonly Entry[];
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
  const steps = Map.groupBy(actions, ({ entry }) => pruneStepOf(entry.id));
  const done: Removed[] = [];
  for (const [, members] of [...steps].toSorted(([a], [b]) => b - a)) {
    const removed = done.filter(isDeleted).map(({ action }) => action.entry);
    const removeOne = (action: UninstallAction) => remove(action, { ...context, held, removed }, signal);
    done.push(...(await inParallel(members, REQUESTS_AT_ONCE, removeOne)));
    context.progress({ done: done.length, total: actions.length });
  }
  if (done.some(({ problem }) => problem !== null)) await held.write({ run: { lease: null } }, signal);
  else await store.deleteAll(signal);
  return done;
}

function isDeleted({ action, problem }: Removed): boolean {
  return problem === null && (action.op === 'delete' || action.op === 'gone');
}

/** Removed, or requested with this answer. */
type Attempt = Removed | { readonly action: UninstallAction; readonly answer: KubeAnswer };

const STALE: RetryPolicy<Attempt> = {
  pausesMs: [0, 0, 0],
  verdictOn: (outcome) =>
    outcome.kind === 'answered' &&
    'answer' in outcome.answer &&
    outcome.answer.action.op === 'release' &&
    isStalePatch(outcome.answer.answer)
      ? 'again'
      : 'final',
};

interface Removal {
  readonly held: HeldParent;
  readonly removed: readonly Entry[];
}

async function remove(
  planned: UninstallAction,
  context: UninstallContext & Removal,
  signal: AbortSignal,
): Promise<Removed> {
  const last = await retry(() => judgeAndRemove(planned, context, signal), STALE, { wait: atOnce, signal });
  if (!('answer' in last)) return last;
  const { action, answer } = last;
  if (answer.status < 300 || answer.status === 404) return { action, problem: null };
  const about = { subject: formatId(planned.entry.id), secret: true, request: 'delete' } as const;
  return { action, problem: await refusalOf(answer, about) };
}

async function judgeAndRemove(
  planned: UninstallAction,
  context: UninstallContext & Removal,
  signal: AbortSignal,
): Promise<Attempt> {
  const { entry } = planned;
  const { connection, held } = context;
  const owned = await readOwned(entry, context, signal);
  const isKept = planned.op === 'release';
  const judged = await judge(entry, owned?.live ?? null, { ...context, isKept }, signal);
  const action = { ...judged, reason: planned.reason ?? judged.reason };
  if (owned === null || action.op === 'gone' || action.op === 'leave') return { action, problem: null };
  // The target did not own it when the user confirmed the plan, so it stays.
  if (action.op === 'delete' && planned.op !== 'delete') return { action: planned, problem: null };
  const request =
    action.op === 'delete'
      ? deleteRequest(owned.path, owned.live, false)
      : releaseRequest(owned.path, owned.live, false);
  const answer = await connection.request({ ...request, fence: held }, signal);
  if (answer.status < 300 && action.op === 'delete')
    confirmDeleted(answer.text, { uid: owned.live.uid, subject: formatId(entry.id) });
  return { action, answer };
}
