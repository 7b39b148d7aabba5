import type { DeployRequest } from './request.ts';

export interface Queue {
  /** Rejects with `queue-unreachable`; after it resolved, no request is lost by a crash. */
  send(requests: readonly DeployRequest[], signal: AbortSignal): Promise<void>;
}
