import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/checked/settings-hash.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { StateChange, TargetState } from '../../state/target-state.ts';
import { isResting } from '../../state/contest.ts';
import { suspectsOf } from '../../state/suspect.ts';
import type { Suspect } from '../../state/suspect.ts';
import { recipientOf } from '../targets/recipient.ts';
import { notSuspended, listGeneratedTargets } from '../targets/list-generated-targets.ts';
import type { DeployRequest, DriftRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { isFullyApplied } from '../../state/current.ts';
import type { ListedInventory } from '../ports/cluster.ts';

/** A message of the queue has room for so much text; above it, the whole target is dry-run. */
const SUSPECTS_BYTES = 200_000;

/**
 * Looks at what every target owns: one metadata list per kind, compared with the whole inventory. What may have drifted
 * is asked of the target's own group, whose run dry-runs it. One target of a cluster after the other: lists are large.
 */
export async function sweepDrift(runtime: Runtime, signal: AbortSignal): Promise<readonly DeployRequest[]> {
  const { targets, templates } = notSuspended(runtime.config);
  const made = await listGeneratedTargets(
    templates.filter(({ settings }) => settings.drift !== 'off'),
    runtime,
    signal,
  );
  if (made.problems.length > 0) runtime.log({ level: 'error', message: 'sweep-failed', errors: made.problems });
  const looked = [...targets.filter(({ drift }) => drift !== 'off'), ...made.targets];
  const byCluster = Map.groupBy(looked, ({ cluster }) => cluster.name);
  const found = await Promise.all([...byCluster.values()].map((ofOne) => lookAtEach(ofOne, runtime, signal)));
  return found.flat();
}

async function lookAtEach(targets: readonly Target[], runtime: Runtime, signal: AbortSignal) {
  const requests: DeployRequest[] = [];
  for (const target of targets) {
    const drift = await lookAt(target, runtime, signal);
    if (drift === null) continue;
    const trigger = { kind: 'sweep' } as const;
    requests.push({ ...recipientOf(target), trigger, hint: null, at: timeOf(runtime.nowMs()), drift });
  }
  return requests;
}

async function lookAt(target: Target, runtime: Runtime, signal: AbortSignal): Promise<DriftRequest | null> {
  try {
    const { cluster } = await runtime.open(target, null);
    const recorded = await cluster.read('write', signal);
    const { state } = recorded;
    // Somebody is at work on it, or will be: the sweep of the refs sees to that.
    if (isLeased(state, runtime.nowMs()) || !isFullyApplied(state, settingsHash(target))) return null;
    const look = await recorded.listInventory(signal);
    if (look === null) return { suspects: 'all', resting: 0 };
    if (look.problems.length > 0) {
      runtime.log({ level: 'warn', message: 'drift-not-seen', target: target.name, errors: look.problems });
    }
    const change = announcedChange(state, look);
    if (change !== null) await recorded.record(change, signal);
    return requestFor(state, suspectsOf(look.entries, look.listed), runtime.nowMs());
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (error.code === 'lease-held' || error.code === 'lease-lost' || signal.aborted) return null;
    runtime.log({ level: 'error', message: 'sweep-failed', target: target.name, errors: [error.problem] });
    return null;
  }
}

function isLeased({ run: { lease } }: TargetState, nowMs: number): boolean {
  return lease !== null && nowMs < lease.untilMs;
}

/** Null when a run would find nothing to do, and nothing to say that the state does not say already. */
function requestFor(state: TargetState, all: readonly Suspect[], nowMs: number): DriftRequest | null {
  const suspects = all.filter(({ object }) => !isResting(object, state.drift.contests, nowMs));
  const resting = all.length - suspects.length;
  if (suspects.length === 0 && (state.drift.found?.objects ?? 0) === resting) return null;
  const isLong = Buffer.byteLength(JSON.stringify(suspects)) > SUSPECTS_BYTES;
  return { suspects: isLong ? 'all' : suspects, resting };
}

/** A push only adds to the kinds and namespaces that the state announces; here it loses those that are no longer owned. */
function announcedChange(
  { inventory }: TargetState,
  { entries, groupKinds, namespaces, problems }: ListedInventory,
): StateChange | null {
  const isExact = same(inventory.groupKinds, groupKinds) && same(inventory.namespaces, namespaces);
  if (isExact || problems.length > 0 || entries.length === 0) return null;
  return { inventory: { groupKinds, namespaces } };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join(',') === b.join(',');
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
