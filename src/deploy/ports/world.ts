import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { ReviewedPlan } from '../../plan/approval/approval.ts';
import type { Revision, Source } from '../../snapshot/source.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Checks } from './check-request.ts';
import type { Git } from './git.ts';
import type { Readers, Tools } from './tools.ts';
import type { DataKeys } from './data-keys.ts';
import type { Cluster, Neighbors } from './cluster.ts';
import type { Reporter, Stage } from './run-event.ts';

/** The external dependencies of one run of one target. */
export interface World {
  readonly target: Target;
  readonly cluster: Cluster;
  readonly git: Git;
  readonly tools: Tools;
  readonly readers: Readers;
  readonly dataKeys: DataKeys;
  readonly checks: Checks;
  /** The dependencies that are not at their tip, or not ready there. */
  readonly unmet: (signal: AbortSignal) => Promise<Unmet>;
  /** For a generated target: other directories that generate the same name. */
  readonly nameConflicts: (signal: AbortSignal) => Promise<readonly Problem[]>;
  readonly neighbors: (run: { readonly source: Source; readonly state: TargetState }) => Neighbors;
  /** Sign approvals: the first key signs, and any of them verifies. */
  readonly keys: (signal: AbortSignal) => Promise<readonly string[]>;
  /** The plans of this target that were shown on the pull requests which brought the commit. */
  readonly reviewed: (revision: Revision, signal: AbortSignal) => Promise<readonly ReviewedPlan[]>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Times a stage and logs it. */
  readonly stage: <T>(name: Stage, work: () => T | Promise<T>) => Promise<T>;
  readonly report: Reporter['report'];
}

/** The dependencies that a target waits for. */
export interface Unmet {
  /** The dependencies that are not at their tip, or not ready there. */
  readonly on: readonly string[];
  /** One of them waits for this target to release objects, so both would wait forever. */
  readonly owesRelease: boolean;
}
