import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';
import { startHeartbeat } from './heartbeat.ts';
import { receiptsOf } from './inbox.ts';
import type { Inbox, Message } from './inbox.ts';
import type { RetryWaits } from './retry-waits.ts';
import { mayBegin, serversOfMessages } from './slots.ts';
import type { NeedsServers, Slots } from './slots.ts';
import { workOnGroup } from './work.ts';
import type { Work } from './work.ts';

export interface ConsumerOptions<T extends { readonly target: string }> extends Work<T>, NeedsServers<T> {
  readonly queue: Inbox;
  /** Tracks the groups that wait for a retry. Null: no wait is cut short. */
  readonly waits: RetryWaits | null;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ random < 1; jitter for retries. */
  readonly random: () => number;
  /** How many groups are handled at once. */
  readonly slots: Slots;
  /** How long a message is hidden at a time, and so how long a group waits after its process was killed. */
  readonly visibilitySeconds: number;
}

/** What a consumer of one kind of message is given: the kind itself says the rest. */
export type QueueOptions<T extends { readonly target: string }> = Omit<
  ConsumerOptions<T>,
  'read' | 'handler' | 'slots' | 'serversOf'
>;

export interface Consumer {
  /** Receives no more messages, waits for running work until the deadline, then interrupts it. */
  stop(deadlineMs: number): Promise<void>;
}

const RECEIVE_WAIT_SECONDS = 10;
/** Interrupted work is visible to the next process at once. */
const PAUSES = { atOnceSeconds: 0, longestSeconds: 15 * 60 };

/** Handles messages until it is stopped: groups concurrently, each group in order. */
export function consume<T extends { readonly target: string }>(options: ConsumerOptions<T>): Consumer {
  const { queue, waits, log, wait, slots, visibilitySeconds } = options;
  const polling = new AbortController();
  const working = new AbortController();
  /** With the servers that the work depends on. */
  const running = new Map<Promise<void>, readonly string[]>();
  const lastOf = new Map<string, Promise<void>>();
  /** Of groups that wait for a slot, so that a body is read once. */
  const needsOf = new Map<string, readonly string[]>();
  const { answering, unproven, silent } = slots.limits;

  async function poll(): Promise<void> {
    while (!polling.signal.aborted) {
      const groups = answering + unproven + silent - running.size;
      if (groups <= 0) {
        await Promise.race(running.keys());
        continue;
      }
      try {
        const taking = taken();
        const to = { groups, mayTake: taking.mayTake, visibilitySeconds, waitSeconds: RECEIVE_WAIT_SECONDS };
        const received = await queue.receive(to, polling.signal);
        for (const [group, messages] of Map.groupBy(received, (message) => message.group))
          start(group, { messages, servers: taking.servers.get(group) ?? [] });
      } catch (thrown) {
        if (polling.signal.aborted) return;
        log({ level: 'error', message: 'queue-unreachable', errors: [asDeployError(thrown).problem] });
        await wait(1000, polling.signal).catch(() => undefined);
      }
    }
  }

  /** Chooses among the groups that are offered: those of one receive share what is free. */
  function taken() {
    const servers = new Map<string, readonly string[]>();
    const mayTake = (group: string, firstBody: () => string) => {
      const needed = serversOf(group, firstBody);
      if (!mayBegin(needed, [...running.values(), ...servers.values()], slots)) return false;
      servers.set(group, needed);
      return true;
    };
    return { servers, mayTake };
  }

  function serversOf(group: string, firstBody: () => string): readonly string[] {
    const known = needsOf.get(group);
    if (known !== undefined) return known;
    const needs = serversOfMessages([{ body: firstBody() }], options);
    needsOf.set(group, needs);
    return needs;
  }

  function start(
    group: string,
    { messages, servers }: { readonly messages: readonly Message[]; readonly servers: readonly string[] },
  ): void {
    needsOf.delete(group);
    waits?.start(group);
    // A message that is delivered again while it is still handled waits for that: a target never has two runs at once.
    const before = lastOf.get(group) ?? Promise.resolve();
    const work = before
      .then(() => serveGroup(group, messages))
      .catch((thrown: unknown) => {
        log({ level: 'error', message: 'not-settled', target: group, errors: [asDeployError(thrown).problem] });
      });
    running.set(work, servers);
    lastOf.set(group, work);
    void work.finally(() => {
      running.delete(work);
      if (lastOf.get(group) === work) lastOf.delete(group);
    });
  }

  async function serveGroup(group: string, messages: readonly Message[]): Promise<void> {
    const heartbeat = startHeartbeat(receiptsOf(messages), { queue, log, wait, visibilitySeconds });
    try {
      const work = { ...options, pauses: PAUSES };
      const { done, givenBack } = await workOnGroup(messages, work, { heartbeat, signal: working.signal });
      heartbeat.release(receiptsOf(done));
      if (done.length > 0) await queue.remove(receiptsOf(done));
      for (const returned of givenBack) {
        const receipts = receiptsOf(returned.messages);
        if (waits?.begin(group, receipts) === 'overtaken') {
          heartbeat.release(receipts);
          await waits.recall(receipts);
        } else await heartbeat.giveBack(receipts, returned.pauseSeconds);
      }
      if (givenBack.length === 0) waits?.end(group);
    } finally {
      await heartbeat.end();
    }
  }

  const polled = poll();
  return {
    async stop(deadlineMs) {
      polling.abort();
      const timer = new AbortController();
      const late = wait(deadlineMs, timer.signal).then(
        () => working.abort(),
        () => undefined,
      );
      await polled;
      await Promise.allSettled(running.keys());
      timer.abort();
      await late;
    },
  };
}
