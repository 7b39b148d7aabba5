import type { Config, Repository, Target } from '../../config/checked/config.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Outbox } from './outbox.ts';
import type { Cluster } from './cluster.ts';
import type { DataKeys } from './data-keys.ts';
import type { Git } from './git.ts';
import type { Statuses } from './statuses.ts';
import type { Tools } from './tools.ts';
import type { Log } from './log.ts';
import type { Report } from './report.ts';
import type { Channel } from './run-event.ts';

/** The ports of one run, opened for its target. */
export interface RunPorts {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly tools: Tools;
  readonly dataKeys: DataKeys;
  readonly statuses: Statuses | null;
}

/** What stays while runs come and go. */
export interface Runtime extends Outbox {
  readonly config: Config;
  /** `revision`: the commit that is asked for, as far as it is known. @throws DeployError when a secret, the cluster's access or the like is not to be had. */
  readonly open: (target: Target, revision: Revision | null) => Promise<RunPorts>;
  /** A repository, and what is said to its commits, without a target. */
  readonly openGit: (repository: Repository) => Promise<Git>;
  readonly openStatuses: (repository: Repository) => Promise<Statuses | null>;
  readonly log: Log;
  /** Where events of every target are reported, besides its commit, its cluster and the log. */
  readonly channels: readonly Channel[];
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How a run ended for the queue. */
export type Outcome =
  | { readonly kind: 'done'; readonly report: Report | null }
  | { readonly kind: 'retry'; readonly afterMs: number | null; readonly error: DeployError };
