import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Visibility } from './inbox.ts';

/** Keeps messages hidden while they are handled, so that another worker receives them only after a crash, and then soon. */
export interface Heartbeat {
  /** Aborted when the receipt of one of these messages is no longer valid: another worker may have it. */
  lost(receipts: readonly string[]): AbortSignal;
  /** Stops renewing these messages: they are done. */
  release(receipts: readonly string[]): void;
  /** Stops renewing these messages and hides them for the pause. Best effort: on failure they reappear after the visibility timeout. */
  giveBack(receipts: readonly string[], pauseSeconds: number): Promise<void>;
  end(): Promise<void>;
}

export interface HeartbeatOptions {
  readonly queue: Visibility;
  readonly log: Log;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long messages are hidden at a time. They are renewed after a third of that. */
  readonly visibilitySeconds: number;
}

/** After this time the messages of a killed process are delivered again. */
export const VISIBILITY_SECONDS = 30;

/** Hides the messages at once, because Lambda receives them with the visibility of the queue, which is far longer. */
export function startHeartbeat(receipts: readonly string[], options: HeartbeatOptions): Heartbeat {
  const { queue, log, wait, visibilitySeconds } = options;
  const visibilityMs = visibilitySeconds * 1000;
  const held = new Map(receipts.map((receipt) => [receipt, new AbortController()]));
  const ending = new AbortController();

  /** Once the run has ended, nothing waits for a renewal. */
  async function hide(which: readonly string[], seconds: number, until?: AbortSignal): Promise<void> {
    if (which.length === 0) return;
    const deadline = AbortSignal.timeout(visibilityMs);
    try {
      const signal = until === undefined ? deadline : AbortSignal.any([deadline, until]);
      for (const receipt of await queue.hide(which, seconds, signal)) {
        held.get(receipt)?.abort(new Error('the receipt is no longer valid'));
      }
    } catch (thrown) {
      if (until?.aborted === true) return;
      log({ level: 'warn', message: 'not-renewed', errors: [asDeployError(thrown).problem] });
    }
  }

  async function renew(): Promise<void> {
    while (!ending.signal.aborted) {
      await hide([...held.keys()], visibilitySeconds, ending.signal);
      await wait(visibilityMs / 3, ending.signal).catch(() => undefined);
    }
  }

  function release(which: readonly string[]): void {
    for (const receipt of which) held.delete(receipt);
  }

  const renewed = renew();
  return {
    lost: (which) => AbortSignal.any(which.flatMap((receipt) => held.get(receipt)?.signal ?? [])),
    release,
    async giveBack(which, pauseSeconds) {
      release(which);
      await hide(which, pauseSeconds);
    },
    async end() {
      ending.abort();
      await renewed;
    },
  };
}
