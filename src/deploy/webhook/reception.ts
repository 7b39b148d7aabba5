import type { Config, Repository } from '../../config/checked/config.ts';
import type { Log } from '../ports/log.ts';
import type { PlanQueue } from '../ports/githost/plan-request.ts';
import type { Queue } from '../ports/queue.ts';

export type { Answer, RequestHead, WebhookRequest } from './web-request.ts';

/** A repository, or an image. */
export type SecretOwner = Pick<Repository, 'webhookSecrets'>;

/** The external dependencies of `receive`. */
export interface Reception {
  readonly config: Config;
  readonly version: string;
  /** Larger bodies are refused. No host sends more than BODY_LIMIT_BYTES; a platform may accept less. */
  readonly limitBytes: number;
  readonly secretsOf: (of: SecretOwner, signal: AbortSignal) => Promise<readonly string[]>;
  /** The secrets, read again in case they were rotated; null: not read again, because it is unnecessary or too soon. */
  readonly rotatedSecretsOf: (of: SecretOwner, signal: AbortSignal) => Promise<readonly string[] | null>;
  readonly queue: Queue;
  /** Absent: this platform does not plan pull requests. */
  readonly plans?: PlanQueue | undefined;
  /** Queues polls of the branches that these images are written to. Default: there are no images. */
  readonly pollImages?: (images: readonly string[], signal: AbortSignal) => Promise<void>;
  /**
   * Queues looks at the promotions that require this commit status in the repository, and resolves to what was queued. Absent:
   * nothing promotes here.
   */
  readonly wakeByStatus?: (
    status: { readonly repository: string; readonly context: string },
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
  readonly randomId: () => string;
  readonly nowMs: () => number;
  readonly log: Log;
}
