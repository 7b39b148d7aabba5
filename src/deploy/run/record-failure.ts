import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { joinChanges } from '../../state/target-state.ts';
import type { World } from '../ports/world.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { outcomeChange } from './record-outcome.ts';
import { failureState } from './state-transitions.ts';

/**
 * Records a failure that only a person can fix, so that sweeps back off and `headgate status` shows it. `reached`: the run, if
 * it had read its commit. Resolves to false if it cannot be recorded, which hides no outcome:
 * then sweeps repeat the run.
 */
export async function recordFailure(
  problem: Problem,
  { world, reached }: { readonly world: World; readonly reached: StartedRun | null },
  signal: AbortSignal,
): Promise<boolean> {
  const { cluster, target, nowMs } = world;
  try {
    const recorded = await cluster.read('write', signal);
    const { state } = recorded;
    if (state.hasOtherOrigin) return false;
    const revision = reached?.revision ?? (await tipOf(world, signal));
    const run = { state, settings: settingsHash(target), nowMs: nowMs() };
    const change =
      revision === null
        ? { outcome: { verdict: 'failed' as const, pendingOn: null, retry: null } }
        : failureState({ ...run, revision }, 'failed', [problem]);
    // The lease of the failed run stays: what it sent may still arrive.
    const kept = joinChanges({ run: { lease: state.run.lease } }, change);
    const ended = reached === null ? {} : outcomeChange({ ...reached, state }, { verdict: 'failed' });
    await world.stage('record', () => recorded.record(joinChanges(kept, ended), signal));
    return true;
  } catch {
    return false;
  }
}

/** Null if the ref does not exist. */
async function tipOf({ git, target: { ref } }: World, signal: AbortSignal): Promise<Revision | null> {
  return (await git.tips([ref], signal)).get(ref) ?? null;
}
