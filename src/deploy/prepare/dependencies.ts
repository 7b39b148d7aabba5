import type { Target } from '../../config/checked/config.ts';
import { isAtTip } from './at-tip.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { Runtime } from '../ports/runtime.ts';

/** The dependencies of a target that are not at their tip, or not ready there. */
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
  const { state } = await cluster.read('read-only', signal);
  const tip = (await git.tips([target.ref], signal)).get(target.ref);
  if (tip === undefined || !(await isAtTip({ target, state, tip }, { git, tools }, signal))) return false;
  const record = state.progress.awaited === null ? null : await cluster.readiness.read(signal);
  const readiness = readinessOf(target, state, record);
  return readiness === 'ready' || readiness === null;
}
