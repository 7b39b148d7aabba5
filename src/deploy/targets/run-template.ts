import type { Repository, TargetTemplate } from '../../config/checked/config.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import { asDeployError, DeployError, failureClassOf } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { recipientOfDirectory } from './recipient.ts';
import { directoriesAt } from './directories.ts';
import { openChannels } from '../report/open-channels.ts';
import { failed, refusedBecause, unchanged } from '../report/report.ts';
import { reporter } from '../report/reporter.ts';
import { stopwatch } from '../report/stopwatch.ts';
import type { Stopwatch } from '../report/stopwatch.ts';
import type { Reporter } from '../ports/run-event.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { Outcome, Runtime } from '../ports/runtime.ts';
import type { Report } from '../ports/report.ts';
import { lagPauses } from './lag-pauses.ts';
import type { Git } from '../ports/git.ts';
import type { Statuses } from '../ports/statuses.ts';

interface TemplateRun {
  readonly repository: Repository;
  readonly request: DeployRequest;
  readonly runtime: Runtime;
  readonly git: Git;
  readonly report: Reporter['report'];
  readonly clock: Stopwatch;
}

/** Asks every directory of a template, at the tip, to be deployed: one request each, also for those that will be refused. Nothing is written. */
export function runTemplate(
  template: TargetTemplate,
  request: DeployRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  const { repository, ref } = template.settings;
  return onRepository(
    { repository, request, runtime },
    async (run) => {
      const revision = await tipOf(ref, run, signal);
      const directories = await directoriesAt(revision, template, run.git, signal);
      const { delivery, hint, at } = request;
      const requests = directories.map((directory): DeployRequest => {
        return { ...recipientOfDirectory(template, directory), delivery, hint, at };
      });
      if (requests.length > 0) await runtime.requests.send(requests, signal);
      runtime.log({
        level: 'info',
        message: 'expanded',
        target: request.target,
        repository: repository.name,
        revision,
        delivery,
        queued: requests.map(({ target }) => target),
        durationMs: run.clock.timing().durationMs,
        requests: { git: run.git.usage.requests },
      });
      return unchanged(revision, null);
    },
    signal,
  );
}

/** The outcome of a directory that its template may not make a target of. No cluster is touched. */
export function runRefused(
  { name, template, directory, problems }: RefusedDirectory,
  request: DeployRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  const { repository, ref } = template.settings;
  return onRepository(
    { repository, request, runtime },
    async (run) => {
      const revision = await tipOf(ref, run, signal);
      const there = await run.git.trees(revision, [directory], signal);
      if ((there.get(directory) ?? null) === null) {
        const reason = `${directory} is not there any more`;
        runtime.log({ level: 'info', message: 'ignored', target: name, delivery: request.delivery, reason });
        return unchanged(revision, null);
      }
      const report = refusedBecause(revision, null, problems);
      await reportOutcome(report, run, signal);
      return report;
    },
    signal,
  );
}

/** Opens what a template needs, and sorts failures as a run of a target does. */
async function onRepository(
  { repository, request, runtime }: Pick<TemplateRun, 'repository' | 'request' | 'runtime'>,
  work: (run: TemplateRun) => Promise<Report>,
  signal: AbortSignal,
): Promise<Outcome> {
  const clock = stopwatch(runtime.nowMs);
  let run: TemplateRun | null = null;
  try {
    const [git, statuses] = await Promise.all([runtime.openGit(repository), runtime.openStatuses(repository)]);
    const { report } = reporterOf({ repository, request, runtime, git, statuses });
    run = { repository, request, runtime, git, report, clock };
    return { kind: 'done', report: await work(run) };
  } catch (thrown) {
    const error = asDeployError(thrown);
    const report = failed(error.problem, request.hint?.revision ?? null);
    const isFinal = ['manifest', 'guard'].includes(failureClassOf(error.code));
    if (run !== null && isFinal) {
      await reportOutcome(report, run, signal);
      return { kind: 'done', report };
    }
    const log = run ?? reporterOf({ repository, request, runtime, git: null, statuses: null });
    await log.report({ kind: 'retrying', report, timing: clock.timing() }, signal);
    return { kind: 'retry', afterMs: error.retryAfterMs ?? null, error };
  }
}

function reportOutcome(report: Report, run: TemplateRun, signal: AbortSignal) {
  const timing = run.clock.timing();
  return run.report({ kind: 'finished', report, purpose: 'tip', answersCommit: true, timing }, signal);
}

function reporterOf({
  repository,
  request: { target, delivery },
  runtime: { log, channels: others },
  git,
  statuses,
}: Pick<TemplateRun, 'repository' | 'request' | 'runtime'> & {
  readonly git: Git | null;
  readonly statuses: Statuses | null;
}): Reporter {
  const channels = openChannels({ cluster: null, git, statuses, log, others });
  return reporter(channels, { subject: { target, repository: repository.name, delivery }, log });
}

/** The tip; where it has not what a delivery announced, the Git host's copies may lag behind and are asked again. */
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
        remedy: 'Mend branch of the template in headgate.yml, or push the branch. Nothing was deleted.',
      });
    }
    const waitMs = pauses[tries];
    if (waitMs === undefined || hint === null || (await hasArrived(hint.revision, tip, git, signal))) return tip;
    await runtime.wait(waitMs, signal);
  }
}

/** A commit that nobody has (a forced push took it away) is waited for in vain, and briefly. */
async function hasArrived(announced: Revision, tip: Revision, git: Git, signal: AbortSignal): Promise<boolean> {
  try {
    return await git.isAncestor(announced, tip, signal);
  } catch (thrown) {
    if (signal.aborted || asDeployError(thrown).code !== 'git-unreachable') throw thrown;
    return false;
  }
}
