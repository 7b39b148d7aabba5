import type { Plan } from '../../plan/model/plan.ts';
import type { Source } from '../../snapshot/source.ts';
import type { Neighbors, Observed, RecordedTarget } from '../ports/cluster.ts';
import type { World } from '../ports/world.ts';
import type { Rendered } from '../render/render.ts';
import { locateFields } from './locate-fields.ts';
import type { RenderContext } from '../render/renderer.ts';

/** Loaded late, as the planner is: the YAML parser is most of a function's bundle, and a run with nothing to do needs neither. */
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
    const [observed, { makePlan }] = await Promise.all([
      recorded.observe(question, signal),
      import('../../plan/planner/make-plan.ts'),
    ]);
    const plan = makePlan(observed.facts);
    return { plan: { ...plan, refusals: await locateFields(plan.refusals, rendered, world, signal) }, observed };
  });
}
