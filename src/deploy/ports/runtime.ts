import type { Config, Repository, Target } from '../../config/checked/config.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { ReviewedPlan } from '../../plan/approval/approval.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Outbox } from './outbox.ts';
import type { Cluster } from './cluster.ts';
import type { DataKeys } from './data-keys.ts';
import type { Git } from './git.ts';
import type { Statuses } from './statuses.ts';
import type { Readers, Tools } from './tools.ts';
import type { Log } from './log.ts';
import type { Report } from './report.ts';
import type { Channel } from './run-event.ts';

/** The ports of one run, opened for its target. */
export interface RunPorts {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly tools: Tools;
  readonly readers: Readers;
  readonly dataKeys: DataKeys;
  readonly statuses: Statuses | null;
}

/** What stays while runs come and go. */
export interface Runtime extends Outbox {
  readonly config: Config;
  /** `revision`: the requested commit, if known. @throws DeployError when a secret is missing, the cluster denies access, and so on. */
  readonly open: (target: Target, revision: Revision | null) => Promise<RunPorts>;
  /** Without a target. */
  readonly openGit: (repository: Repository) => Promise<Git>;
  readonly openStatuses: (repository: Repository) => Promise<Statuses | null>;
  /** The keys of headgate.yml that sign plans and approvals. @throws DeployError `secret-missing` */
  readonly keys: (signal: AbortSignal) => Promise<readonly string[]>;
  /** Empty where pull requests are not planned. */
  readonly reviewed: (target: Target, revision: Revision, signal: AbortSignal) => Promise<readonly ReviewedPlan[]>;
  readonly log: Log;
  /** Channels of all targets, besides commit status, Kubernetes Event and log. */
  readonly channels: readonly Channel[];
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the queue does next: remove the request, or deliver it again. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly report: Report | null }
  | { readonly kind: 'retry'; readonly afterMs: number | null; readonly error: DeployError };
