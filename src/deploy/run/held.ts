import type { Revision } from '../../snapshot/source.ts';
import { isKeptAt } from '../prepare/stops.ts';
import { currentRenderer } from '../render/renderer.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { fetchSource } from '../prepare/fetch.ts';
import { prepare } from '../prepare/prepare.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { stopWhenCurrent } from '../prepare/stops.ts';
import { carryOut } from './carry-out.ts';
import { defer } from './defer.ts';

interface Context {
  readonly world: World;
  readonly signal: AbortSignal;
}

/** What a target is kept at, and why; null: where it is. */
export interface Kept {
  readonly at: Revision | null;
  readonly reason: string;
}

/**
 * Brings a target to the commit of its hold, or to the one whose run has opened within a window, and leaves the tip pending.
 * Null: there is nothing to do, and the tip is the same as what is kept.
 */
export async function endHeld({ at, reason }: Kept, run: StartedRun, context: Context): Promise<Report | null> {
  const kept = await keep(at, run, context);
  // The rest of its waves comes first: two commits cannot both be under way.
  if (kept?.verdict === 'waiting') return kept;
  const now = kept === null ? run : await reread(run, context);
  const renderer = await currentRenderer(now.state.applied, context.world.tools, context.signal);
  if (stopWhenCurrent(now, renderer) !== null) return kept;
  const deferred = await defer(now, reason, context);
  return kept ?? deferred;
}

/** A run of the commit that is kept, as of any other. Null when the target has it, or was refused there a short time ago. */
async function keep(at: Kept['at'], run: StartedRun, { world, signal }: Context): Promise<Report | null> {
  if (at === null || isKeptAt(at, run)) return null;
  const request = { ...run.request, hint: null };
  const query = { request, state: run.state, settings: run.settings, at };
  const source = await world.stage('fetch', () => fetchSource(query, world, signal));
  const ofHold = { ...run, request, source, revision: at, commit: world.git.described(at), isHeld: true };
  const prepared = await prepare(ofHold, { options: { purpose: 'write', at }, world }, signal);
  return prepared.kind === 'stopped' ? null : carryOut(prepared.run, world, signal);
}

async function reread(run: StartedRun, { world, signal }: Context): Promise<StartedRun> {
  const recorded = await world.cluster.read('write', signal);
  return { ...run, recorded, state: recorded.state };
}
