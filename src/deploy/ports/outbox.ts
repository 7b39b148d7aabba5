import type { CheckRequest, Checks } from './check-request.ts';
import type { DeployRequest } from './request.ts';
import type { Queue } from './queue.ts';

/** Where a run puts work for later runs. */
export interface Outbox {
  readonly checks: Checks;
  readonly requests: Queue;
  /** Queues the promotions of a target that became ready. Absent: nothing is promoted here. */
  readonly wakePromotions?: (target: string, signal: AbortSignal) => Promise<void>;
}

/** For a process that does that work itself before it exits. */
export interface MemoryOutbox extends Outbox {
  takeChecks(): readonly CheckRequest[];
  /** Null: of every target. */
  takeRequests(target: string | null): readonly DeployRequest[];
}

export function memoryOutbox(): MemoryOutbox {
  const checks: CheckRequest[] = [];
  let requests: readonly DeployRequest[] = [];
  return {
    checks: {
      async send(request) {
        checks.push(request);
      },
    },
    requests: {
      async send(sent) {
        requests = [...requests, ...sent];
      },
    },
    takeChecks: () => checks.splice(0),
    takeRequests(target) {
      const isMeant = (request: DeployRequest) => target === null || request.target === target;
      const taken = requests.filter((request) => isMeant(request));
      requests = requests.filter((request) => !isMeant(request));
      return taken;
    },
  };
}
