import type { CheckRequest, Checks } from './check-request.ts';
import type { DeployRequest } from './request.ts';
import type { Queue } from './world.ts';

/** What is to be done later, and by others. */
export interface Outbox {
  readonly checks: Checks;
  readonly requests: Queue;
}

/** For a process that does everything itself before it ends. */
export interface MemoryOutbox extends Outbox {
  takeChecks(): readonly CheckRequest[];
  takeRequests(): readonly DeployRequest[];
}

export function memoryOutbox(): MemoryOutbox {
  const checks: CheckRequest[] = [];
  const requests: DeployRequest[] = [];
  return {
    checks: {
      async send(request) {
        checks.push(request);
      },
    },
    requests: {
      async send(sent) {
        requests.push(...sent);
      },
    },
    takeChecks: () => checks.splice(0),
    takeRequests: () => requests.splice(0),
  };
}
