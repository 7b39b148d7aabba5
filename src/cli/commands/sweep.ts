import { randomUUID } from 'node:crypto';
import { resolveRecipient } from '../../deploy/targets/resolve-recipient.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import { runRequests } from '../../deploy/run-requests.ts';
import { sweep } from '../../deploy/sweep.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { runToTheEnd } from './run-to-the-end.ts';
import { asText, isWell } from './deploy.ts';
import { inDependencyOrder } from '../../deploy/targets/dependents.ts';

/** Looks at every target once and at what it owns; deploys what is not at its tip, and corrects drift, before it returns. */
export async function sweepCommand(context: Context): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  let hasFailed = false;
  const watching: typeof log = (line) => {
    hasFailed ||= line.message === 'sweep-failed' || line.message === 'refused';
    log(line);
  };
  const outbox = memoryOutbox();
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log: watching, holder: `cli-${randomUUID()}`, progress, outbox });
  const answers: object[] = [];
  const deployAll = async (requests: readonly DeployRequest[]) => {
    for (const request of inDependencyOrder(requests, config)) {
      const addressee = resolveRecipient(request, config);
      if (addressee.kind !== 'target') {
        // A template asks for its directories, which then wait in the outbox.
        hasFailed ||= (await runRequests([request], runtime, signal)).kind === 'retry';
        continue;
      }
      const { target } = addressee;
      const outcome = await runToTheEnd({ ...request, target }, { outbox, runtime, progress }, signal);
      hasFailed ||= outcome.kind === 'retry';
      // Another run is at work on it.
      if (outcome.kind === 'retry' || outcome.report === null) continue;
      const { report } = outcome;
      hasFailed ||= !isWell(report);
      answers.push({ target: target.name, ...report });
      if (context.output === 'text') context.print(asText(target, report));
    }
  };
  try {
    await deployAll(await sweep(runtime, signal));
    // What waited for one of these goes on.
    for (let woken = outbox.takeRequests(null); woken.length > 0; woken = outbox.takeRequests(null)) {
      await deployAll(woken);
    }
    await deployAll(await sweepDrift(runtime, signal));
    if (context.output === 'json') context.print(JSON.stringify(answers, null, 2));
    else if (answers.length === 0 && !hasFailed) context.print('every target is at its tip');
    return hasFailed ? 1 : 0;
  } finally {
    runtime.close();
  }
}
