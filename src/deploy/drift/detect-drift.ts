import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { TargetState } from '../../state/target-state.ts';
import { isResting } from '../../state/contest.ts';
import { suspectsOf } from '../../state/suspect.ts';
import type { Suspect } from '../../state/suspect.ts';
import { lookByCluster } from '../targets/by-cluster.ts';
import type { Send } from '../targets/by-cluster.ts';
import { recipientOf } from '../targets/recipient.ts';
import { notSuspended, listGeneratedTargets } from '../targets/list-generated-targets.ts';
import type { Announced, DeployRequest, DriftRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { isFullyApplied } from '../../state/current.ts';
import type { ListedInventory } from '../ports/cluster.ts';

/** What fits into one queue message. Above it, the whole target is dry-run. */
const SUSPECTS_BYTES = 200_000;

/** Lists are large. */
const TARGETS_AT_ONCE = 1;

/** Compares the inventory of every target with one metadata list per kind. Suspects are dry-run by a run of their target. */
export async function sweepDrift(
  runtime: Runtime,
  signal: AbortSignal,
  send: Send = () => Promise.resolve(),
): Promise<readonly DeployRequest[]> {
  const { targets, templates } = notSuspended(runtime.config);
  const generated = await listGeneratedTargets(
    templates.filter(({ settings }) => settings.drift !== 'off'),
    runtime,
    signal,
  );
  if (generated.problems.length > 0) {
    runtime.log({ level: 'error', message: 'sweep-failed', errors: generated.problems });
  }
  const checked = [...targets.filter(({ drift }) => drift !== 'off'), ...generated.targets];
  const look = async (target: Target): Promise<DeployRequest | null> => {
    const drift = await detectDrift(target, runtime, signal);
    if (drift === null) return null;
    const trigger = { kind: 'sweep' } as const;
    return { ...recipientOf(target), trigger, hint: null, at: new Date(runtime.nowMs()).toISOString(), drift };
  };
  return lookByCluster(checked, { targetsAtOnce: TARGETS_AT_ONCE, look, send, log: runtime.log }, signal);
}

async function detectDrift(target: Target, runtime: Runtime, signal: AbortSignal): Promise<DriftRequest | null> {
  const { cluster } = await runtime.open(target, null);
  const recorded = await cluster.read('write', signal);
  const { state } = recorded;
  // A run is working on it, or the sweep of the refs will queue one.
  if (isLeased(state, runtime.nowMs()) || !isFullyApplied(state, settingsHash(target))) return null;
  const listed = await recorded.listInventory(signal);
  if (listed === null) return { suspects: 'all', resting: 0 };
  if (listed.problems.length > 0) {
    runtime.log({ level: 'warn', message: 'drift-not-seen', target: target.name, errors: listed.problems });
  }
  runtime.log({ level: 'debug', message: 'drift', target: target.name, objects: state.drift.found?.objects ?? 0 });
  const request = requestFor(state, suspectsOf(listed.entries, listed.listed), runtime.nowMs());
  // The sweep may only read: a run records it.
  const announced = announcedOf(state, listed);
  if (announced === null) return request;
  return { suspects: [], resting: state.drift.found?.objects ?? 0, ...request, announced };
}

function isLeased({ run: { lease } }: TargetState, nowMs: number): boolean {
  return lease !== null && nowMs < lease.untilMs;
}

/** Null when a run would have nothing to do and nothing new to report. */
function requestFor(state: TargetState, all: readonly Suspect[], nowMs: number): DriftRequest | null {
  const suspects = all.filter(({ object }) => !isResting(object, state.drift.contests, nowMs));
  const resting = all.length - suspects.length;
  if (suspects.length === 0 && (state.drift.found?.objects ?? 0) === resting) return null;
  const isLong = Buffer.byteLength(JSON.stringify(suspects)) > SUSPECTS_BYTES;
  return { suspects: isLong ? 'all' : suspects, resting };
}

/** A push only adds to the announced kinds and namespaces; this removes those that are no longer owned. */
function announcedOf(
  { applied, inventory }: TargetState,
  { entries, groupKinds, namespaces, problems }: ListedInventory,
): Announced | null {
  const isExact = same(inventory.groupKinds, groupKinds) && same(inventory.namespaces, namespaces);
  if (isExact || problems.length > 0 || entries.length === 0) return null;
  return { groupKinds, namespaces, deployedAt: applied.deployedAt };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join(',') === b.join(',');
}
