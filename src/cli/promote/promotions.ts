import { localRuntime } from '../../app/local/local-runtime.ts';
import { lookAtPromotions } from '../../app/promotions/look-at-promotions.ts';
import type { Promotion } from '../../config/checked/config.ts';
import { nearest } from '../../config/written/nearest.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { formatEdit, shortVersion } from '../../promotion/record/commit-message.ts';
import { emptyLooks } from '../../promotion/run/look.ts';
import type { PromotionLook, StageLook, StepLook } from '../../promotion/run/look.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';

/** Shows what each stage has and what would move next. `name` null: all promotions. Exits with 1 when something cannot be read. */
export async function promotionsCommand(context: Context, name: string | null): Promise<ExitCode> {
  const { config, env, log, signal, output } = context;
  const chosen = name === null ? [...config.promotions.values()] : [promotionOf(context, name)];
  const runtime = localRuntime({ config, env, log, holder: 'promotions', progress: () => undefined });
  try {
    const looks = await lookAtPromotions(chosen, { runtime, memory: emptyLooks() }, signal);
    context.print(output === 'json' ? JSON.stringify(looks, null, 2) : formatLooks(looks));
    const all = looks.flatMap(({ stages, steps }) => [...stages, ...steps]);
    const problems = all.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    for (const problem of problems) log({ level: 'error', message: 'read-failed', errors: [problem] });
    return problems.length === 0 ? 0 : 1;
  } finally {
    runtime.close();
  }
}

/** @throws DeployError `usage` */
function promotionOf({ config, configPath }: Pick<Context, 'config' | 'configPath'>, name: string): Promotion {
  const found = config.promotions.get(name);
  if (found !== undefined) return found;
  const names = [...config.promotions.keys()];
  const meant = nearest(name, names);
  const choices = names.length === 0 ? `Add it to promotions in ${configPath}.` : `Use one of ${names.join(', ')}.`;
  throw new DeployError('usage', {
    subject: configPath,
    message: `no promotion is named ${name}`,
    remedy: meant === null ? choices : `Did you mean ${meant}?`,
  });
}

function formatLooks(looks: readonly PromotionLook[]): string {
  return looks.length === 0 ? 'headgate.yml has no promotions.' : looks.map((look) => formatLook(look)).join('\n\n');
}

function formatLook({ promotion, stages, steps }: PromotionLook): string {
  const rows = stages.map((stage) => [
    stage.stage,
    stage.revision?.slice(0, 12) ?? '-',
    stage.versions.map(({ key, version }) => `${shortName(key)} ${shortVersion(version)}`).join(', ') || '-',
    stage.readySince ?? stage.deployedAt ?? '-',
    conditionOf(stage),
  ]);
  const table = formatTable([promotion.toUpperCase(), 'COMMIT', 'VERSIONS', 'SINCE', 'STATE'], rows);
  return [table, ...steps.flatMap((step) => formatStep(step))].join('\n');
}

function conditionOf({ problem, held, reason, waiting }: StageLook): string {
  const condition = problem?.message ?? held ?? reason ?? 'ready';
  // A hold, and what keeps a stage from being ready, say more than that a commit waits for them.
  const isShown = waiting === null || held !== null || reason?.includes(waiting.reason) === true;
  return visibleLine(isShown ? condition : `${condition}; ${waiting.revision.slice(0, 12)} ${waiting.reason}`);
}

function formatStep({ from, agree, to, outcome, reasons, edits, leftOut, problem }: StepLook): readonly string[] {
  const before = from.length === 1 ? from.join('') : `${agree} of ${from.join(', ')}`;
  const what = outcome === 'current' ? `${to} is up to date` : outcome === 'moves' ? 'moves next' : outcome;
  const why = [...reasons, ...(problem === null ? [] : [problem.message])];
  return [
    `${before} -> ${to}: ${what}${why.length === 0 ? '' : `: ${why.join('; ')}`}`,
    ...edits.map((edit) => `  ${formatEdit(edit)}`),
    ...leftOut.map(({ key, reason }) => `  left out: ${key}: ${reason}`),
  ].map((line) => visibleLine(line));
}

function shortName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
