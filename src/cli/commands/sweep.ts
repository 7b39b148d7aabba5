import { openDeployingRuntime } from '../runs/deploying-runtime.ts';
import { resolveRecipient } from '../../deploy/targets/resolve-recipient.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { runRequests } from '../../deploy/requests/run-requests.ts';
import { sweep } from '../../deploy/sweep.ts';
import { writeImages } from '../../app/local/write-images.ts';
import { promoteAll } from '../../app/promotions/promote-all.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatReport, isSuccess } from './format-report.ts';
import { runUntilSettled } from '../runs/run-until-settled.ts';
import { inDependencyOrder } from '../../deploy/targets/dependents.ts';

/** One sweep and one drift detection over all targets. Deploys and corrects what they find before it returns. */
export async function sweepCommand(context: Context): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  let hasFailed = false;
  const watching: typeof log = (line) => {
    hasFailed ||= line.message === 'sweep-failed' || line.message === 'refused';
    log(line);
  };
  const progress = () => undefined;
  const { runtime, outbox, close } = openDeployingRuntime({ config, env, log: watching, progress });
  const answers: object[] = [];
  const deployAll = async (requests: readonly DeployRequest[]) => {
    for (const request of inDependencyOrder(requests, config)) {
      const recipient = resolveRecipient(request, config);
      if (recipient.kind !== 'target') {
        // A target template puts a request for each of its directories into the outbox.
        hasFailed ||= (await runRequests([request], runtime, signal)).kind === 'retry';
        continue;
      }
      const { target } = recipient;
      const outcome = await runUntilSettled({ ...request, target }, { outbox, runtime, progress }, signal);
      hasFailed ||= outcome.kind === 'retry';
      // No report: another run holds the lease.
      if (outcome.kind === 'retry' || outcome.report === null) continue;
      const { report } = outcome;
      hasFailed ||= !isSuccess(report) && report.isDeferred !== true;
      answers.push({ target: target.name, ...report });
      if (context.output === 'text') context.print(formatReport(target, report));
    }
  };
  try {
    // Before the targets, so that what is written now is deployed now.
    hasFailed ||= !(await writeImages(runtime, signal));
    hasFailed = !(await promoteAll(runtime, signal)) || hasFailed;
    await deployAll(await sweep(runtime, signal));
    // Runs may request more runs, such as those of targets that depend on them.
    for (let requests = outbox.takeRequests(null); requests.length > 0; requests = outbox.takeRequests(null)) {
      await deployAll(requests);
    }
    await deployAll(await sweepDrift(runtime, signal));
    if (context.output === 'json') context.print(JSON.stringify(answers, null, 2));
    else if (answers.length === 0 && !hasFailed) context.print('every target is at its tip');
    return hasFailed ? 1 : 0;
  } finally {
    await close();
  }
}
