import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { announceOvertaken, writeEvent } from './announce.ts';
import { failureState } from './state-transitions.ts';
import type { Run } from './state-transitions.ts';
import { refusedBecause, unchanged } from '../report/report.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

type Begun = Pick<Run, 'recorded' | 'state' | 'source' | 'settings' | 'nowMs'>;

/**
 * What is asked of a target that a template made, and of no other: is its directory there, and is its name its own? Null: the
 * run goes on. A directory that vanished is a target to be confirmed, whatever `prune` says: one push may take away many.
 */
export async function checkGeneratedTarget(run: Begun, world: World, signal: AbortSignal): Promise<Report | null> {
  const { target } = world;
  if (target.generatedFrom === null) return null;
  const { state, source } = run;
  // Its state was written by it before, so nobody else had the name then; and what is there cannot have vanished.
  if (source.tree !== null && state.applied.source !== null && !state.hasOtherOrigin) return null;
  const twins = await world.namesakes(signal);
  // Not recorded: what is there under its name may be another one's state.
  if (source.tree !== null) return twins.length === 0 ? null : refusedBecause(source.revision, null, twins);
  const isOwner = !state.hasOtherOrigin && (state.applied.source !== null || state.inventory.isRecorded);
  if (isOwner) return twins.length === 0 ? refuseVanished(run, world, signal) : passed(run);
  return (await isThere(target.generatedFrom.directory, run, world, signal))
    ? refusedBecause(run.source.revision, null, [vanished(run, target)])
    : passed(run);
}

/** It was never deployed, or goes by its name in another directory: nothing is left over. */
function passed({ state, source: { revision } }: Begun): Report {
  return unchanged(revision, state.hasOtherOrigin ? null : (state.applied.source?.revision ?? null));
}

/** Where the path is below the directory, that may be there without it. */
async function isThere(directory: string, { source }: Begun, { git }: World, signal: AbortSignal): Promise<boolean> {
  return ((await git.trees(source.revision, [directory], signal)).get(directory) ?? null) !== null;
}

async function refuseVanished(run: Begun, world: World, signal: AbortSignal): Promise<Report> {
  const { state, source } = run;
  const errors = [vanished(run, world.target)];
  await announceOvertaken(run, world, signal);
  await world.stage('record', () => run.recorded.record(failureState(run, 'refused', errors), signal));
  const report = refusedBecause(source.revision, state.applied.source?.revision ?? null, errors);
  await writeEvent(report, world, signal);
  return report;
}

function vanished({ state, source }: Begun, target: Target): Problem {
  const owned = state.inventory.count === 0 ? '' : `, and target ${target.name} owns ${state.inventory.count} objects`;
  return {
    code: 'path-missing',
    subject: target.path,
    message: `does not exist at ${source.revision.slice(0, 12)}${owned}`,
    remedy: `Bring it back; or ${uninstallCommand(target)} deletes what it owns, and with --keep leaves that and forgets it.`,
  };
}

/** As it is pasted into a shell; it works for a target that nothing makes any more. */
export function uninstallCommand({ name, cluster, namespace }: Pick<Target, 'name' | 'cluster' | 'namespace'>): string {
  return `headgate uninstall ${name} --cluster ${cluster.name} --namespace ${namespace}`;
}
