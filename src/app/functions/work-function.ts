import { randomUUID } from 'node:crypto';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Log } from '../../deploy/ports/log.ts';
import { readBatch, serveBatch } from '../../queue/batch.ts';
import type { Batch, BatchAnswer } from '../../queue/batch.ts';
import { notBeforeOf } from '../../queue/messages/body.ts';
import { isChannelGroup } from '../../queue/groups.ts';
import { receiptsOf } from '../../queue/inbox.ts';
import { isPlanGroup } from '../../deploy/ports/githost/plan-request.ts';
import type { Visibility } from '../../queue/inbox.ts';
import type { Target } from '../../config/checked/config.ts';
import { channelSender } from '../channels/channel-sender.ts';
import type { Revision } from '../../snapshot/source.ts';
import { ecrLoginOf } from '../images/registry-login.ts';
import { wait } from '../wait.ts';
import type { GroupWork } from '../work/group-work.ts';
import { noticeWork } from '../work/notice-work.ts';
import { planWork } from '../work/plan-work.ts';
import type { WorkRuntime } from '../work/work-runtime.ts';
import { writeWork } from '../work/write-work.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { functionRuntime } from './function-runtime.ts';
import { pullContext, queuingWork } from './queuing-work.ts';
import { workQueueOf } from './work-hints.ts';

/** As long as in a process that receives the messages itself: no newer message waits long behind a pause. */
const LONGEST_PAUSE_SECONDS = 15 * 60;
/** SQS hides a message for at most 12 hours. */
const LONGEST_DELAY_SECONDS = 12 * 3600;

interface Invocation {
  /** The time until it is interrupted. */
  readonly usableMs: number;
  readonly signal: AbortSignal;
}

/** Serves the work queue. A batch may have messages of every kind, and the name of a group shows of which. */
export function workFunction(world: FunctionEnvironment) {
  const runtime = workRuntime(world);
  const work = workQueueOf(world);
  const context = pullContext(runtime, world);
  const notices = noticeWork({ runtime, queue: work.notices, errors: null });
  const writes = writeWork(runtime);

  return async function serve(event: unknown, { usableMs, signal }: Invocation): Promise<BatchAnswer> {
    const batch = readBatch(event);
    const queue = world.queueOf(batch.queueArn);
    // A run that starts late continues in the next invocation.
    const open = (target: Target, revision: Revision | null) => runtime.open(target, revision, usableMs);
    const plans = planWork({ ...context, runtime: { ...runtime, open } });
    const { due, early } = split(batch, world.nowMs());
    await Promise.all(early.map((group) => hideUntilDue(group, { queue, log: world.log }, signal)));
    const common = { queue, remove: (receipts: readonly string[]) => queue.remove(receipts), log: world.log, wait };
    const serveKind = <T extends { readonly target: string }>(
      isOf: (group: string) => boolean,
      { limits, ...own }: GroupWork<T>,
    ) =>
      serveBatch(
        { ...batch, messages: due.filter(({ group }) => isOf(group)) },
        {
          ...common,
          ...own,
          keepUnreadable: null,
          random: Math.random,
          longestPauseSeconds: LONGEST_PAUSE_SECONDS,
          slots: { limits, conditionOf: runtime.servers.conditionOf },
        },
        signal,
      );
    const answers = await Promise.all([
      serveKind(isChannelGroup, notices),
      serveKind(isPlanGroup, plans),
      serveKind((group) => !isChannelGroup(group) && !isPlanGroup(group), writes),
    ]);
    const later = early.flatMap(({ messages }) => messages.map(({ id }) => ({ itemIdentifier: id })));
    return { batchItemFailures: [...later, ...answers.flatMap(({ batchItemFailures }) => batchItemFailures)] };
  };
}

function workRuntime(world: FunctionEnvironment): WorkRuntime {
  const { config, secrets, aws, nowMs } = world;
  const runtime = functionRuntime(world, { holder: `work-${randomUUID()}` });
  return {
    ...queuingWork(runtime, world),
    secrets,
    registryLogin: ecrLoginOf(aws),
    loadReaders: async () => (await import('../../parsing/functions.ts')).READ_AT_ONCE,
    sender: channelSender({ config, secrets, aws, nowMs, wait }),
  };
}

type Messages = Batch['messages'];

interface Early {
  readonly messages: Messages;
  readonly seconds: number;
}

/** What cannot be hidden now reappears after the visibility timeout of the queue. */
async function hideUntilDue(
  { messages, seconds }: Early,
  { queue, log }: { readonly queue: Visibility; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  await queue.hide(receiptsOf(messages), seconds, signal).catch((thrown: unknown) => {
    log({ level: 'warn', message: 'not-renewed', errors: [asDeployError(thrown).problem] });
  });
}

/**
 * Separates groups that are due from those whose first message is not: these are hidden until it is, with what was sent later.
 */
function split({ messages }: Batch, nowMs: number) {
  const due: Messages[number][] = [];
  const early: Early[] = [];
  for (const group of Map.groupBy(messages, (message) => message.group).values()) {
    const seconds = Math.ceil((notBeforeOf(group[0]?.body ?? '') - nowMs) / 1000);
    if (seconds <= 0) due.push(...group);
    else early.push({ messages: group, seconds: Math.min(seconds, LONGEST_DELAY_SECONDS) });
  }
  return { due, early };
}
