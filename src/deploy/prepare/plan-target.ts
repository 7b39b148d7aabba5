import { makePlan } from '../../plan/planner/make-plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Source } from '../../snapshot/source.ts';
import type { Neighbors, Observed, RecordedTarget } from '../ports/cluster.ts';
import type { World } from '../ports/world.ts';
import type { RenderContext, Rendered } from '../render/render.ts';
import { locateFields } from './locate-fields.ts';

/** Loaded late: the YAML parser is most of a function's bundle, and a run that has nothing to do does not need it. */
export async function renderSource(
  source: Source,
  context: RenderContext,
  world: World,
  signal: AbortSignal,
): Promise<Rendered> {
  const { render } = await import('../render/render.ts');
  return world.stage('render', () => render(source, context, world, signal));
}

interface PlanInput {
  readonly recorded: RecordedTarget;
  readonly rendered: Rendered;
  readonly settings: string;
  /** Objects, as `formatId` writes them, whose recorded hash is not trusted. */
  readonly suspects?: ReadonlySet<string> | 'all';
  /** Absent for drift, which neither prunes nor takes over. */
  readonly neighbors?: Neighbors;
}

/** Observes the cluster and plans. Nothing is written. */
export async function planFor(
  { recorded, rendered, settings, suspects = new Set(), neighbors }: PlanInput,
  world: World,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly observed: Observed }> {
  const { renderMore } = await import('../render/render.ts');
  const readAlso = (paths: readonly string[]) => renderMore(rendered, paths, world, signal);
  return world.stage('plan', async () => {
    const question = { ...rendered, settings, suspects, readAlso, neighbors: neighbors ?? null };
    const observed = await recorded.observe(question, signal);
    const plan = makePlan(observed.facts);
    return { plan: { ...plan, refusals: await locateFields(plan.refusals, rendered, world, signal) }, observed };
  });
}
