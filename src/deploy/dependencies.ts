import type { Target } from '../config/config.ts';
import { isAtTip } from './at-tip.ts';
import { readinessOf } from './readiness-of.ts';
import type { DeployRequest } from './request.ts';
import type { Runtime } from './run.ts';

/** Which of the targets that this one depends on are not at their tip, or not ready there. */
export async function unmetDependencies(
  { dependsOn }: Target,
  runtime: Pick<Runtime, 'config' | 'open'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const targets = runtime.config.targets.filter(({ name }) => dependsOn.includes(name));
  const met = await Promise.all(targets.map((target) => isMet(target, runtime, signal)));
  return targets.filter((_target, index) => met[index] !== true).map(({ name }) => `target ${name}`);
}

async function isMet(target: Target, runtime: Pick<Runtime, 'open'>, signal: AbortSignal): Promise<boolean> {
  const { cluster, git, tools } = await runtime.open(target, null);
  const applied = await cluster.readApplied('look', signal);
  const tip = (await git.tips([target.ref], signal)).get(target.ref);
  if (tip === undefined || !(await isAtTip({ target, applied, tip }, { git, tools }, signal))) return false;
  const record = applied.awaited === null ? null : await cluster.readiness.read(signal);
  const readiness = readinessOf(target, applied, record);
  return readiness === 'ready' || readiness === null;
}

/** A target became ready: whoever depends on it may go on. A target that is current does nothing. */
export async function wakeDependents(
  { name }: Target,
  delivery: string,
  runtime: Pick<Runtime, 'config' | 'requests' | 'nowMs'>,
  signal: AbortSignal,
): Promise<void> {
  const dependents = runtime.config.targets.filter(({ dependsOn, suspend }) => !suspend && dependsOn.includes(name));
  if (dependents.length === 0) return;
  const at = new Date(runtime.nowMs()).toISOString();
  await runtime.requests.send(
    dependents.map((target) => ({ target: target.name, delivery, hint: null, at })),
    signal,
  );
}

/** What others depend on first. */
export function inDependencyOrder(
  requests: readonly DeployRequest[],
  targets: readonly Target[],
): readonly DeployRequest[] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const depthOf = (name: string): number =>
    Math.max(0, ...(byName.get(name)?.dependsOn ?? []).map((on) => depthOf(on) + 1));
  return requests.toSorted((a, b) => depthOf(a.target) - depthOf(b.target));
}
