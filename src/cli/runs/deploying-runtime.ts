import { randomUUID } from 'node:crypto';
import { memoryNotices, sendNow } from '../../app/channels/send-now.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalOptions, LocalRuntime } from '../../app/local/local-runtime.ts';
import { memoryOutcomes, recordNow } from '../../app/records/record-now.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';

export interface DeployingRuntime {
  readonly runtime: LocalRuntime;
  /** What runs leave for later runs, which the command carries out itself. */
  readonly outbox: MemoryOutbox;
  /** Sends and records what the runs have reported first. */
  readonly close: () => Promise<void>;
}

/** The runtime of a command that deploys. It respects the lease of every other process, a serve on this machine included. */
export function openDeployingRuntime(
  options: Pick<LocalOptions, 'config' | 'env' | 'log' | 'progress' | 'limits'>,
): DeployingRuntime {
  const outbox = memoryOutbox();
  const notices = memoryNotices();
  const outcomes = memoryOutcomes();
  const runtime = localRuntime({ ...options, holder: `cli-${randomUUID()}`, outbox, notices, outcomes });
  return {
    runtime,
    outbox,
    async close() {
      await Promise.all([sendNow(notices, runtime), recordNow(outcomes, runtime)]);
      runtime.close();
    },
  };
}
