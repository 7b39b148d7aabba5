import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import { awaitsReleaseBy } from '../../plan/model/plan.ts';
import { isAtTip } from './at-tip.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Unmet } from '../ports/world.ts';
import type { Runtime } from '../ports/runtime.ts';
import { hasSucceeded } from '../../state/history.ts';

export async function unmetDependencies(
  { name: own, dependsOn }: Target,
  runtime: Pick<Runtime, 'config' | 'open'>,
  signal: AbortSignal,
): Promise<Unmet> {
  const targets = runtime.config.targets.filter(({ name }) => dependsOn.includes(name));
  const read = await Promise.all(targets.map((target) => readDependency(target, runtime, signal)));
  const unmet = read.filter(({ isMet }) => !isMet);
  return {
    on: unmet.map(({ name }) => `target ${name}`),
    owesRelease: unmet.some(({ waitsOn }) => awaitsReleaseBy(own, waitsOn)),
  };
}

interface Dependency {
  readonly name: string;
  readonly isMet: boolean;
  /** What it waits for itself. */
  readonly waitsOn: readonly string[];
}

async function readDependency(
  target: Target,
  runtime: Pick<Runtime, 'open'>,
  signal: AbortSignal,
): Promise<Dependency> {
  const { name } = target;
  const { cluster, git, tools } = await runtime.open(target, null);
  const { state } = await cluster.read('read-only', signal);
  const tip = (await git.tips([target.ref], signal)).get(target.ref);
  if (
    tip === undefined ||
    !(isThrough(target, state, tip) || (await isAtTip({ target, state, tip }, { git, tools }, signal)))
  )
    return { name, isMet: false, waitsOn: state.progress.waiting?.on ?? [] };
  const record = state.progress.awaited === null ? null : await cluster.readiness.read(signal);
  const readiness = readinessOf(target, state, record);
  return { name, isMet: readiness === 'ready' || readiness === null, waitsOn: [] };
}

/** Did its run apply the tip and end? Files stay dirty while objects of them are to go to another target. */
export function isThrough(target: Target, { applied, run, progress, outcome }: TargetState, tip: Revision): boolean {
  return (
    applied.source?.revision === tip &&
    applied.settings === settingsHash(target) &&
    run.lease === null &&
    progress.waiting === null &&
    outcome.attempted === tip &&
    hasSucceeded(outcome)
  );
}
