import type { TargetSettings, TargetTemplate } from '../../config/checked/config.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import { asDeployError, DeployError, needsPerson } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { recipientOfDirectory } from './recipient.ts';
import { directoriesAt } from './directories.ts';
import { openReporter } from '../report/open-reporter.ts';
import { failed, refusedBecause, unchanged } from '../report/report.ts';
import { stopwatch } from '../report/stopwatch.ts';
import type { Stopwatch } from '../report/stopwatch.ts';
import type { Reporter } from '../ports/run-event.ts';
import { deliveryOf } from '../ports/request.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { RunOutcome, Runtime } from '../ports/runtime.ts';
import type { Report } from '../ports/report.ts';
import { lagPauses } from './lag-pauses.ts';
import type { Git } from '../ports/git.ts';
import type { Statuses } from '../ports/statuses.ts';

interface TemplateRun {
  readonly settings: TargetSettings;
  readonly request: DeployRequest;
  readonly runtime: Runtime;
  readonly git: Git;
  readonly report: Reporter['report'];
  readonly clock: Stopwatch;
}

/** Queues one request for each directory of a template at the tip, including those that will be refused. Nothing is written. */
export function runTemplate(
  template: TargetTemplate,
  request: DeployRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { settings } = template;
  const { repository, ref } = settings;
  return onRepository(
    { settings, request, runtime },
    async (run) => {
      const revision = await tipOf(ref, run, signal);
      const directories = await directoriesAt(revision, template, run.git, signal);
      const { trigger, hint, at } = request;
      const requests = directories.map((directory): DeployRequest => {
        return { ...recipientOfDirectory(template, directory), trigger, hint, at };
      });
      if (requests.length > 0) await runtime.requests.send(requests, signal);
      runtime.log({
        level: 'info',
        message: 'expanded',
        target: request.target,
        repository: repository.name,
        revision,
        delivery: deliveryOf(trigger),
        queued: requests.map(({ target }) => target),
        durationMs: run.clock.timing().durationMs,
        requests: { git: run.git.usage.requests },
      });
      return unchanged(revision, null);
    },
    signal,
  );
}

/** Reports a directory that its template must not generate a target from. No cluster is touched. */
export function runRefused(
  { name, template, directory, problems }: RefusedDirectory,
  request: DeployRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { settings } = template;
  return onRepository(
    { settings, request, runtime },
    async (run) => {
      const revision = await tipOf(settings.ref, run, signal);
      const trees = await run.git.trees(revision, [directory], signal);
      if ((trees.get(directory) ?? null) === null) {
        const reason = `${directory} no longer exists`;
        runtime.log({ level: 'info', message: 'ignored', target: name, delivery: deliveryOf(request.trigger), reason });
        return unchanged(revision, null);
      }
      const report = refusedBecause(revision, null, problems);
      await reportOutcome(report, run, signal);
      return report;
    },
    signal,
  );
}

/** Opens the repository, and classifies failures as a run of a target does. */
async function onRepository(
  { settings, request, runtime }: Pick<TemplateRun, 'settings' | 'request' | 'runtime'>,
  work: (run: TemplateRun) => Promise<Report>,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const clock = stopwatch(runtime.nowMs);
  let run: TemplateRun | null = null;
  try {
    const { repository } = settings;
    const [git, statuses] = await Promise.all([runtime.openGit(repository), runtime.openStatuses(repository)]);
    const { report } = reporterOf({ settings, request, runtime, git, statuses });
    run = { settings, request, runtime, git, report, clock };
    return { kind: 'done', report: await work(run) };
  } catch (thrown) {
    const error = asDeployError(thrown);
    const report = failed(error.problem, request.hint?.revision ?? null);
    if (run !== null && needsPerson(error.code)) {
      await reportOutcome(report, run, signal);
      return { kind: 'done', report };
    }
    const log = run ?? reporterOf({ settings, request, runtime, git: null, statuses: null });
    await log.report({ kind: 'retrying', report, timing: clock.timing(), pending: null }, signal);
    return { kind: 'retry', afterMs: error.retryAfterMs ?? null, error };
  }
}

function reportOutcome(report: Report, run: TemplateRun, signal: AbortSignal) {
  const timing = run.clock.timing();
  return run.report({ kind: 'finished', report, purpose: 'tip', answersCommit: true, timing }, signal);
}

function reporterOf({
  settings: { repository, notify },
  request: { target, trigger, at: requestedAt },
  runtime: { log, channels: others },
  git,
  statuses,
}: Pick<TemplateRun, 'settings' | 'request' | 'runtime'> & {
  readonly git: Git | null;
  readonly statuses: Statuses | null;
}): Reporter {
  const about = { target, repository: repository.name, trigger, notify, requestedAt };
  return openReporter(about, { cluster: null, git, statuses, log, others });
}

/** The tip. If it does not contain the announced commit, the Git host's replicas may lag behind, so it is read again. */
async function tipOf(
  ref: string,
  { git, request: { hint, at }, runtime }: TemplateRun,
  signal: AbortSignal,
): Promise<Revision> {
  const pauses = lagPauses(at, runtime.nowMs());
  for (let tries = 0; ; tries += 1) {
    const tip = (await git.tips([ref], signal)).get(ref);
    if (tip === undefined) {
      throw new DeployError('ref-missing', {
        subject: ref,
        message: 'does not exist in the repository',
        remedy: 'Fix branch of the template in headgate.yml, or push the branch. Nothing was deleted.',
      });
    }
    const waitMs = pauses[tries];
    if (waitMs === undefined || hint === null || (await hasArrived(hint.revision, tip, git, signal))) return tip;
    await runtime.wait(waitMs, signal);
  }
}

/** A commit that no longer exists after a forced push never arrives; the pauses are short. */
async function hasArrived(announced: Revision, tip: Revision, git: Git, signal: AbortSignal): Promise<boolean> {
  try {
    return await git.isAncestor(announced, tip, signal);
  } catch (thrown) {
    if (signal.aborted || asDeployError(thrown).code !== 'git-unreachable') throw thrown;
    return false;
  }
}
