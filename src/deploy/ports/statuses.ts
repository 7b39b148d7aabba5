import type { Revision } from '../../snapshot/source.ts';
import type { Usage } from './usage.ts';
import type { CommitStatus } from '../../githost/port/host-api.ts';

/** Commit statuses, for one run. A failed write is retried, then thrown as `host-unreachable`. */
export interface Statuses {
  readonly usage: Usage;
  set(revision: Revision, status: CommitStatus, signal: AbortSignal): Promise<void>;
}
