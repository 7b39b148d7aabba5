import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { Queue } from '../../deploy/ports/queue.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { signedInbox } from '../../platforms/aws/sqs/signed-inbox.ts';
import type { SignedInbox } from '../../platforms/aws/sqs/signed-inbox.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { readCheck } from '../../queue/messages/check-request.ts';
import { readRequest } from '../../queue/messages/deploy-request.ts';

/** The variables with the URLs of the dead-letter queues. */
const QUEUES = ['HEADGATE_DEPLOY_DEAD_QUEUE_URL', 'HEADGATE_CHECK_DEAD_QUEUE_URL'];

/** Enough for a minute, after which the next sweep continues. */
const BATCHES = 20;

interface Draining {
  readonly inbox: SignedInbox;
  /** Where the deploy function reports them: it has the rights to write. */
  readonly queue: Queue;
  readonly log: Log;
}

/** Returns dead letters to the deploy queue, to be reported. A queue that cannot be read now is read by the next sweep. */
export async function drainDeadLetters(
  { aws, region, variable, log }: Pick<FunctionEnvironment, 'aws' | 'region' | 'variable' | 'log'>,
  queue: Queue,
  signal: AbortSignal,
): Promise<void> {
  const inboxes = QUEUES.map((name) => signedInbox({ aws, region, queueUrl: variable(name) }));
  await Promise.all(
    inboxes.map(async (inbox) => {
      try {
        await drain({ inbox, queue, log }, signal);
      } catch (thrown) {
        log({ level: 'warn', message: 'dead-letters-not-read', errors: [asDeployError(thrown).problem] });
      }
    }),
  );
}

async function drain({ inbox, queue, log }: Draining, signal: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const messages = await inbox.receive(signal);
    if (messages.length === 0) return;
    const letters = messages.map(({ body }) => ({ body, request: readRequest(body) ?? requestOf(readCheck(body)) }));
    for (const { body, request } of letters) {
      // If the report itself was given up, or cannot be read, only the log still records it.
      if (request === null) log({ level: 'error', message: 'not-a-request', length: body.length });
      else if (request.gaveUp === true) log({ level: 'error', message: 'dead-letter', target: request.target });
    }
    const reported = letters.flatMap(({ request }) => (request === null || request.gaveUp === true ? [] : [request]));
    if (reported.length > 0)
      await queue.send(
        reported.map((request) => ({ ...request, gaveUp: true })),
        signal,
      );
    // Sent before it is removed: a duplicate report is harmless, a loss is not.
    await inbox.remove(messages, signal);
  }
}

/** A check that was given up leaves its commit without a final status, as a deploy request does, so it is reported as one. */
function requestOf(check: CheckRequest | null): DeployRequest | null {
  if (check === null) return null;
  const { target, generatedFrom, trigger, revision, sinceMs } = check;
  const hint = { revision, rootTree: null, isForced: false };
  return { target, generatedFrom, trigger, hint, at: new Date(sinceMs).toISOString() };
}
