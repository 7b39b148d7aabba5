import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import { stopwatch } from '../../deploy/report/stopwatch.ts';
import { makeWorld } from '../../deploy/requests/make-world.ts';
import { planDeploy } from '../../deploy/run/deploy.ts';
import type { Checkout } from '../../platforms/local/checkout.ts';
import type { Revision } from '../../snapshot/source.ts';
import { showPlan } from '../../deploy/show/shown-plan.ts';
import type { ShownPlan } from '../../deploy/show/shown-plan.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { printPlan } from '../plan/print-plan.ts';
import type { PlanFormat } from '../plan/print-plan.ts';

export interface PlanFlags {
  readonly target: Target;
  /** Null: the tip of the branch. */
  readonly revision: Revision | null;
  /** Planned instead of a commit. */
  readonly checkout: Checkout | null;
  readonly format: PlanFormat;
}

/** Shows what a deploy would change. Exits with 2 when it would change something, 1 when it would be refused. */
export async function planCommand(context: Context, flags: PlanFlags): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  const { target, revision, checkout, format } = flags;
  const options = { config, env, log, holder: 'plan', progress: () => undefined, localObjects: checkout };
  const runtime = localRuntime(options);
  try {
    const at = checkout?.revision ?? revision;
    const directory = checkout?.directory ?? null;
    const plan = await readPlan({ target, at, directory }, runtime, signal);
    const shown = await withOutdated(plan, checkout);
    return printPlan(shown, format, context);
  } finally {
    runtime.close();
  }
}

/** The plan of a commit; `at` null: of the tip. */
export async function readPlan(
  {
    target,
    at,
    directory,
  }: { readonly target: Target; readonly at: Revision | null; readonly directory: string | null },
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<ShownPlan> {
  const ports = await runtime.open(target, at);
  const request = { target, trigger: { kind: 'cli' } } as const;
  const world = makeWorld(ports, { request, runtime, clock: stopwatch(runtime.nowMs) });
  const planned = await planDeploy({ target, at }, world, signal);
  return showPlan(planned, { target: target.name, directory, pullRequest: null, hidesForeign: false }, signal);
}

/** A directory without the applied commit seems to revert what others have pushed since. */
async function withOutdated(plan: ShownPlan, checkout: Checkout | null): Promise<ShownPlan> {
  const { previous } = plan;
  if (checkout === null || previous === null || (await checkout.contains(previous))) return plan;
  const warning = {
    code: 'usage',
    subject: checkout.directory,
    message: `does not contain the applied commit ${previous.slice(0, 12)}, so this plan also shows its changes reverted`,
    remedy: 'Run git pull, and plan again.',
  } as const;
  return { ...plan, warnings: [warning, ...plan.warnings] };
}
