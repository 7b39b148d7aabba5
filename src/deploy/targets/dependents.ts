import type { Target, TargetSettings, Config } from '../../config/checked/config.ts';
import { recipientOf, recipientOfTemplate } from './recipient.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { DeployRequest, Trigger } from '../ports/request.ts';

/** Queues the dependents and the promotions of a target that became ready. One that is current does nothing. */
export async function wakeDependents(
  { name }: Target,
  trigger: Trigger,
  runtime: Pick<Runtime, 'config' | 'requests' | 'nowMs' | 'wakePromotions'>,
  signal: AbortSignal,
): Promise<void> {
  await runtime.wakePromotions?.(name, signal);
  const isDependent = ({ dependsOn, suspend }: TargetSettings) => !suspend && dependsOn.includes(name);
  const { targets, templates } = runtime.config;
  const dependents = [
    ...targets.filter((target) => isDependent(target)).map((target) => recipientOf(target)),
    ...templates.filter(({ settings }) => isDependent(settings)).map((template) => recipientOfTemplate(template)),
  ];
  if (dependents.length === 0) return;
  const at = new Date(runtime.nowMs()).toISOString();
  await runtime.requests.send(
    dependents.map((recipient) => ({ ...recipient, trigger, hint: null, at })),
    signal,
  );
}

/** Dependencies first. */
export function inDependencyOrder(
  requests: readonly DeployRequest[],
  { targets, templates }: Pick<Config, 'targets' | 'templates'>,
): readonly DeployRequest[] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const depthBelow = (dependsOn: readonly string[]): number =>
    Math.max(0, ...dependsOn.map((on) => depthBelow(byName.get(on)?.dependsOn ?? []) + 1));
  const depthOf = ({ target, generatedFrom: from }: DeployRequest) => {
    const template = from === undefined ? undefined : templates.find(({ name }) => name === from.template);
    return depthBelow((template?.settings ?? byName.get(target))?.dependsOn ?? []);
  };
  return requests.toSorted((a, b) => depthOf(a) - depthOf(b));
}
