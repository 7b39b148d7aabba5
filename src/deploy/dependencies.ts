import type { Config, Target, TargetSettings } from '../config/config.ts';
import { addressOf, addressOfRule } from './address.ts';
import { isAtTip } from './at-tip.ts';
import { readinessOf } from './readiness-of.ts';
import type { DeployRequest } from './request.ts';
import type { Runtime } from './runtime.ts';

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
  const isDependent = ({ dependsOn, suspend }: TargetSettings) => !suspend && dependsOn.includes(name);
  const { targets, rules } = runtime.config;
  const dependents = [
    ...targets.filter((target) => isDependent(target)).map((target) => addressOf(target)),
    ...rules.filter(({ settings }) => isDependent(settings)).map((rule) => addressOfRule(rule)),
  ];
  if (dependents.length === 0) return;
  const at = new Date(runtime.nowMs()).toISOString();
  await runtime.requests.send(
    dependents.map((address) => ({ ...address, delivery, hint: null, at })),
    signal,
  );
}

/** What others depend on first. */
export function inDependencyOrder(
  requests: readonly DeployRequest[],
  { targets, rules }: Pick<Config, 'targets' | 'rules'>,
): readonly DeployRequest[] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const depthBelow = (dependsOn: readonly string[]): number =>
    Math.max(0, ...dependsOn.map((on) => depthBelow(byName.get(on)?.dependsOn ?? []) + 1));
  const depthOf = ({ target, from }: DeployRequest) => {
    const rule = from === undefined ? undefined : rules.find(({ name }) => name === from.rule);
    return depthBelow((rule?.settings ?? byName.get(target))?.dependsOn ?? []);
  };
  return requests.toSorted((a, b) => depthOf(a) - depthOf(b));
}
