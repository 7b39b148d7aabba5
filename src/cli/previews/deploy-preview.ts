import { planContext } from '../../app/plan-context.ts';
import { previewContext } from '../../app/preview-context.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { runPreviews } from '../../pulls/previews/run-previews.ts';
import type { PreviewContext } from '../../pulls/previews/context.ts';
import { formatReport, isSuccess } from '../commands/format-report.ts';
import type { NamedPreview } from '../lookup/find-preview.ts';
import { openDeployingRuntime } from '../runs/deploying-runtime.ts';
import type { DeployingRuntime } from '../runs/deploying-runtime.ts';
import { runUntilSettled } from '../runs/run-until-settled.ts';
import type { SettledReport } from '../runs/run-until-settled.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';
import { progressLog } from '../terminal/progress.ts';
import { notWanted } from './open-preview.ts';

interface PreviewDeployFlags {
  /** Null: the limit of every preview. */
  readonly pruneLimit: number | null;
}

/**
 * Deploys the head of the pull request now, and shows it on the pull request as `headgate serve` does. By the same rules: the
 * namespace is created for it, and a pull request that has no preview is refused. Nothing is deleted.
 */
export async function deployPreviewCommand(
  context: Context,
  named: NamedPreview,
  { pruneLimit }: PreviewDeployFlags,
): Promise<ExitCode> {
  const { config, env, log, signal, nowMs } = context;
  const progress = progressLog(log, nowMs);
  const opened = openDeployingRuntime({ config, env, log, progress });
  try {
    const reports: (SettledReport | null)[] = [];
    const settling = contextOf(opened, { pruneLimit, progress, onReport: (report) => void reports.push(report) });
    const trigger = { kind: 'cli', by: personOf(env) } as const;
    const at = new Date(nowMs()).toISOString();
    const run = { number: named.pullRequest, trigger, at, tries: 1, resumes: true, isOfOne: true };
    const [ended] = await runPreviews([named.preview], run, { context: settling, signal });
    const result = ended?.result;
    if (ended === undefined || result === undefined) throw new TypeError('the preview has no outcome');
    if (result.kind === 'absent') throw notWanted(named, result.why);
    if (result.kind !== 'deployed') throw new DeployError(result.problem.code, result.problem);
    const report = reports.at(-1) ?? null;
    if (report === null) return 1;
    const { lifted: _lifted, ...shown } = report;
    const { url } = result;
    const lines = [formatReport(ended.of.target, shown), ...(url === null ? [] : [`address: ${url}`])];
    context.print(
      context.output === 'json' ? JSON.stringify({ target: named.name, url, ...shown }, null, 2) : lines.join('\n'),
    );
    return isSuccess(report) ? 0 : 1;
  } finally {
    await opened.close();
  }
}

interface Settling {
  readonly pruneLimit: number | null;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
  readonly onReport: (report: SettledReport | null) => void;
}

/** This process is the queue: a run is over when no further one is requested, and everything is ready. */
function contextOf(
  { runtime, outbox }: Pick<DeployingRuntime, 'runtime' | 'outbox'>,
  { pruneLimit, progress, onReport }: Settling,
): PreviewContext {
  const queue = { send: () => Promise.resolve() };
  return {
    ...previewContext(planContext({ runtime, queue }), runtime),
    async run({ target, ...request }, { config }, signal) {
      const prune = pruneLimit === null ? target.prune : { ...target.prune, limit: pruneLimit };
      const wanted = { ...request, target: { ...target, prune } };
      const outcome = await runUntilSettled(wanted, { outbox, runtime: { ...runtime, config }, progress }, signal);
      if (outcome.kind === 'done') onReport(outcome.report);
      return outcome;
    },
  };
}
