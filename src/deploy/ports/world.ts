import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Checks } from './check-request.ts';
import type { Git } from './git.ts';
import type { Tools } from './tools.ts';
import type { DataKeys } from './data-keys.ts';
import type { Cluster } from './cluster.ts';
import type { Reporter, Stage } from './run-event.ts';

/** The external dependencies of one run of one target. */
export interface World {
  readonly target: Target;
  readonly cluster: Cluster;
  readonly git: Git;
  readonly tools: Tools;
  readonly dataKeys: DataKeys;
  readonly checks: Checks;
  /** The dependencies that are not at their tip, or not ready there. */
  readonly unmet: (signal: AbortSignal) => Promise<readonly string[]>;
  /** For a generated target: other directories that generate the same name. */
  readonly nameConflicts: (signal: AbortSignal) => Promise<readonly Problem[]>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Times a stage and logs it. */
  readonly stage: <T>(name: Stage, work: () => T | Promise<T>) => Promise<T>;
  readonly report: Reporter['report'];
}
