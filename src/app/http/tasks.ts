import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { lookOnce } from '../../deploy/readiness/check.ts';
import { lookAfter } from '../../deploy/readiness/pacing.ts';
import { answerOf } from '../../platforms/http/task-route.ts';
import type { TaskRoute } from '../../platforms/http/task-route.ts';
import { readCheck } from '../../queue/messages/check-request.ts';
import type { Settlement } from '../../queue/settlement.ts';
import { servePushed } from '../../queue/pushed.ts';
import type { PushedMessage, PushedOptions } from '../../queue/pushed.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import { openTurns } from '../../queue/turns.ts';
import type { Work } from '../../queue/work.ts';
import { deployWork, reportGivenUp } from '../deploy-work.ts';
import type { LocalRuntime } from '../local/local-runtime.ts';
import { serversOf } from '../servers-of.ts';
import { CHECK_SLOTS, DEPLOY_SLOTS } from '../../queue/slots.ts';
import { wait } from '../wait.ts';

/** What all tasks of a process share. */
export interface Tasks {
  readonly runtime: LocalRuntime;
  readonly log: Log;
  /** Aborted when the process ends. */
  readonly stopping: AbortSignal;
  /** How long the queue waits for an answer. */
  readonly limitMs: number;
}

/** As the queue of `serve` and the queue on AWS. Only a queue that reports how often it pushed a message reaches it. */
const MAX_TRIES = 20;

/**
 * Platforms end a process after ten seconds. Its tasks may work for this long, and its connections stay open a little longer.
 */
export const FINISH_MS = 7_000;
export const CLOSE_MS = 9_000;

/** Left to answer before the queue stops waiting. */
const MARGIN_MS = 8_000;

export function usableMsOf({ limitMs }: Pick<Tasks, 'limitMs'>): number {
  return Math.max(limitMs - MARGIN_MS, limitMs / 2);
}

/** Handles one message. `closed`: its queue no longer waits. */
export type ServeMessage = (message: PushedMessage, closed: AbortSignal) => Promise<Settlement>;

/** `/tasks/deploy` */
export function deployTask(tasks: Tasks): TaskRoute['serve'] {
  return answered(serveDeploys(tasks));
}

/** `/tasks/check` */
export function checkTask(tasks: Tasks): TaskRoute['serve'] {
  return answered(serveChecks(tasks));
}

function answered(serve: ServeMessage): TaskRoute['serve'] {
  return async (message, closed) => answerOf(await serve(message, closed));
}

/** Runs of requests, and the report of one that failed too often. */
export function serveDeploys(tasks: Tasks): ServeMessage {
  const { runtime } = tasks;
  const usableMs = usableMsOf(tasks);
  // A run that starts late continues in the next task; one that needs more than a whole task never ends.
  const open: LocalRuntime['open'] = (target, revision) => runtime.open(target, revision, usableMs);
  const bounded = { ...runtime, open };
  const work = deployWork(bounded);
  return serveMessages<DeployRequest>(tasks, DEPLOY_SLOTS, {
    ...work,
    groupOf: ({ target, gaveUp }) => (gaveUp === true ? `dead/${target}` : target),
    sinceMs: ({ at }) => Date.parse(at),
    async handler(requests, signal) {
      const handled = await work.handler(requests, signal);
      const isLast = requests.some(({ tries }) => tries >= MAX_TRIES);
      return handled.kind === 'retry' && isLast && !signal.aborted ? reportGivenUp(requests, bounded, signal) : handled;
    },
  });
}

/** One look at what a run applied. The next one is another message, which is due later. */
export function serveChecks(tasks: Tasks): ServeMessage {
  const { runtime } = tasks;
  return serveMessages<CheckRequest>(tasks, CHECK_SLOTS, {
    read: readCheck,
    keepUnreadable: null,
    groupOf: ({ target }) => target,
    // Every reading is requested by another message, so its first try is now.
    sinceMs: () => runtime.nowMs(),
    async handler(requests, signal) {
      for (const { tries: _tries, ...request } of requests) {
        const looks = lookAfter(runtime.nowMs() - request.sinceMs);
        const checked = await lookOnce({ request, looks }, runtime, signal);
        // Sent before the old message is removed: a duplicate is harmless, a loss is not.
        if (checked !== 'done') await runtime.checks.send(checked.again, checked.afterMs, signal);
      }
      return { kind: 'done' };
    },
  });
}

function serveMessages<T extends DeployRequest | CheckRequest>(
  { runtime, log, stopping, limitMs }: Tasks,
  limits: SlotLimits,
  work: Work<T> & Pick<PushedOptions<T>, 'groupOf' | 'sinceMs'>,
): ServeMessage {
  const { servers, config, nowMs } = runtime;
  const options: PushedOptions<T> = {
    ...work,
    turns: openTurns({ limits, conditionOf: servers.conditionOf }, wait),
    serversOf: (request) => serversOf(request, config),
    nowMs,
    log,
    random: Math.random,
  };
  return async (message, closed) => {
    const late = AbortSignal.timeout(usableMsOf({ limitMs }));
    return servePushed(message, options, { closed, stopping: AbortSignal.any([stopping, late]) });
  };
}
