import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';

/** Messages that are being worked on: nobody else gets them meanwhile, and somebody does soon after this process is killed. */
export interface Heartbeat {
  /** Aborted when one of these messages is no longer ours: another process may be working on it. */
  lost(receipts: readonly string[]): AbortSignal;
  /** These are done or given back: they are not renewed any more. */
  release(receipts: readonly string[]): void;
  /** Best effort: a message that cannot be hidden comes again when its time is over. */
  hide(receipts: readonly string[], seconds: number): Promise<void>;
  end(): Promise<void>;
}

/** A queue whose messages come in batches. */
export interface HidingQueue {
  /** Hides messages, ten at most, for so many seconds from now. Says which of them are no longer ours. */
  hide(receipts: readonly string[], seconds: number, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

export interface HeartbeatOptions {
  readonly queue: HidingQueue;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const HIDDEN_SECONDS = 30;

/** Hides them for half a minute from now, whatever the queue's own setting, and again after a third of that. */
export function startHeartbeat(receipts: readonly string[], { queue, log, wait }: HeartbeatOptions): Heartbeat {
  const held = new Map(receipts.map((receipt) => [receipt, new AbortController()]));
  const ending = new AbortController();

  async function hide(which: readonly string[], seconds: number): Promise<void> {
    if (which.length === 0) return;
    try {
      for (const receipt of await queue.hide(which, seconds, AbortSignal.timeout(HIDDEN_SECONDS * 1000))) {
        held.get(receipt)?.abort(new Error('the message is no longer ours'));
      }
    } catch (thrown) {
      log({ level: 'warn', message: 'not-renewed', errors: [asDeployError(thrown).problem] });
    }
  }

  async function renew(): Promise<void> {
    while (!ending.signal.aborted) {
      await hide([...held.keys()], HIDDEN_SECONDS);
      await wait((HIDDEN_SECONDS * 1000) / 3, ending.signal).catch(() => undefined);
    }
  }

  const renewed = renew();
  return {
    hide,
    lost: (which) => AbortSignal.any(which.flatMap((receipt) => held.get(receipt)?.signal ?? [])),
    release(which) {
      for (const receipt of which) held.delete(receipt);
    },
    async end() {
      ending.abort();
      await renewed;
    },
  };
}
