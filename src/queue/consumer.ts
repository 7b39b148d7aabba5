import { asDeployError } from '../error/deploy-error.ts';
import type { DeployRequest } from '../deploy/ports/request.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Inbox, Received } from './inbox.ts';

/** What became of the requests of one target that arrived together. */
export type Handled = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly afterMs: number | null };

export interface ConsumerOptions<Request extends Addressed = DeployRequest> {
  readonly queue: Inbox<Request>;
  readonly handler: (requests: readonly Request[], signal: AbortSignal) => Promise<Handled>;
  /** A message that is none of ours; it is taken out of the queue when this resolves. */
  readonly onPoison: (body: string) => Promise<void>;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ random < 1, so that retries of many targets spread. */
  readonly random: () => number;
  /** Targets that are worked on side by side. */
  readonly concurrency: number;
  /** How long a message is hidden at a time; it is renewed after a third of that. A killed process's group is free after it. */
  readonly visibilitySeconds: number;
}

interface Addressed {
  readonly target: string;
}

export interface Consumer {
  /** A newer request has come: what waits for its next try is tried at once, because it would block the newer one. */
  nudge(targets: readonly string[]): void;
  /** Takes no more messages, and waits for what is under way: at most until the deadline, then it is interrupted. */
  stop(deadlineMs: number): Promise<void>;
}

const LONGEST_PAUSE_SECONDS = 15 * 60;
const RECEIVE_WAIT_SECONDS = 10;

/** 1, 2, 4 … seconds, at most 15 minutes, and up to a quarter less. */
export function pauseSeconds(tries: number, random: number): number {
  const seconds = Math.min(2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_SECONDS);
  return Math.max(1, Math.round(seconds * (1 - random / 4)));
}

/** Takes messages for as long as it is not stopped: groups side by side, each in its order. */
export function consume<Request extends Addressed = DeployRequest>(options: ConsumerOptions<Request>): Consumer {
  const { queue, log, wait, concurrency, visibilitySeconds } = options;
  const polling = new AbortController();
  const working = new AbortController();
  const running = new Set<Promise<void>>();
  const lastOf = new Map<string, Promise<void>>();
  const waiting = new Map<string, readonly string[]>();

  async function poll(): Promise<void> {
    while (!polling.signal.aborted) {
      if (running.size >= concurrency) {
        await Promise.race(running);
        continue;
      }
      try {
        const received = await queue.receive({ visibilitySeconds, waitSeconds: RECEIVE_WAIT_SECONDS }, polling.signal);
        for (const [group, messages] of Map.groupBy(received, (message) => message.group)) start(group, messages);
      } catch (thrown) {
        if (polling.signal.aborted) return;
        log({ level: 'error', message: 'queue-unreachable', errors: [asDeployError(thrown).problem] });
        await wait(1000, polling.signal).catch(() => undefined);
      }
    }
  }

  function start(group: string, messages: readonly Received<Request>[]): void {
    waiting.delete(group);
    // A message that came back although it is still worked on waits for that: a target never has two runs at once.
    const before = lastOf.get(group) ?? Promise.resolve();
    const work = before
      .then(() => serveGroup(group, messages))
      .catch((thrown: unknown) => {
        log({ level: 'error', message: 'not-settled', target: group, errors: [asDeployError(thrown).problem] });
      });
    running.add(work);
    lastOf.set(group, work);
    void work.finally(() => {
      running.delete(work);
      if (lastOf.get(group) === work) lastOf.delete(group);
    });
  }

  async function serveGroup(group: string, messages: readonly Received<Request>[]): Promise<void> {
    for (const poison of messages.filter(({ request }) => request === null)) {
      await options.onPoison(poison.body);
      await queue.remove(poison.receipt);
    }
    const ours = messages.flatMap((message) =>
      message.request === null ? [] : [{ ...message, request: message.request }],
    );
    if (ours.length === 0) return;
    const receipts = ours.map(({ receipt }) => receipt);
    const handled = await handle(ours, receipts);
    if (handled.kind === 'done') {
      await Promise.all(receipts.map((receipt) => queue.remove(receipt)));
      return;
    }
    const tries = Math.max(...ours.map((message) => message.tries));
    const wished = handled.afterMs === null ? null : Math.min(Math.ceil(handled.afterMs / 1000), LONGEST_PAUSE_SECONDS);
    const seconds = wished ?? pauseSeconds(tries, options.random());
    waiting.set(group, receipts);
    await Promise.all(receipts.map((receipt) => queue.hide(receipt, seconds)));
  }

  /** Renews the messages while the handler works; when they cannot be renewed, another consumer may have them: it stops. */
  async function handle(
    messages: readonly { readonly request: Request }[],
    receipts: readonly string[],
  ): Promise<Handled> {
    const lost = new AbortController();
    const renewal = new AbortController();
    const renew = async () => {
      for (;;) {
        await wait((visibilitySeconds * 1000) / 3, renewal.signal);
        await Promise.all(receipts.map((receipt) => queue.hide(receipt, visibilitySeconds)));
      }
    };
    renew().catch((thrown: unknown) => {
      if (!renewal.signal.aborted) lost.abort(thrown);
    });
    try {
      return await options.handler(
        messages.map(({ request }) => request),
        AbortSignal.any([working.signal, lost.signal]),
      );
    } catch (thrown) {
      log({
        level: 'error',
        message: 'handler-failed',
        target: messages[0]?.request.target,
        errors: [asDeployError(thrown).problem],
      });
      return { kind: 'retry', afterMs: working.signal.aborted ? 0 : null };
    } finally {
      renewal.abort();
    }
  }

  const polled = poll();
  return {
    nudge(targets) {
      for (const target of targets) {
        const receipts = waiting.get(target) ?? [];
        waiting.delete(target);
        // Lost when it is visible again already, which is as good.
        void Promise.allSettled(receipts.map((receipt) => queue.hide(receipt, 0)));
      }
    },
    async stop(deadlineMs) {
      polling.abort();
      await polled;
      const timer = new AbortController();
      const late = wait(deadlineMs, timer.signal).then(
        () => working.abort(),
        () => undefined,
      );
      await Promise.allSettled(running);
      timer.abort();
      await late;
    },
  };
}
