import type { ImagePolicy, Promotion, PromotionStep, Repository, Target } from '../../config/checked/config.ts';
import type { Git } from '../../deploy/ports/git.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { Readers } from '../../deploy/ports/tools.ts';
import type { FoundStatus } from '../../githost/port/status-reader.ts';
import type { ProposalPorts } from '../../proposals/propose.ts';
import type { RecordTrust } from '../../proposals/signed-records.ts';
import type { Promoted } from '../../deploy/ports/run-event.ts';
import type { BranchReader } from '../../images/update/ports.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { StepName } from '../record/record.ts';

/** One step of a promotion of headgate.yml. */
export interface Step {
  readonly promotion: Promotion;
  readonly step: PromotionStep;
}

export type StageReader = BranchReader & Pick<Git, 'trees'>;

/** What a promotion needs of the outside. */
export interface PromotionPorts extends ProposalPorts {
  /** The images of headgate.yml, which say where custom resources name them. */
  readonly images: ReadonlyMap<string, Pick<ImagePolicy, 'image' | 'jsonPaths'>>;
  /** Files that were pushed are read apart from the event loop when they are large. */
  readonly readers: Pick<Readers, 'findReferences' | 'namedImages' | 'scalarAt'>;
  readonly readStage: (target: Target, signal: AbortSignal) => Promise<StageState>;
  readonly openReader: (repository: Repository) => Promise<StageReader>;
  readonly trust: RecordTrust;
  /** All statuses of a commit, the newest first. */
  readonly statusesOf: (
    at: { readonly repository: Repository; readonly revision: Revision },
    signal: AbortSignal,
  ) => Promise<readonly FoundStatus[]>;
  readonly report: (event: Promoted, stage: Target, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the cluster records of a target. */
export interface StageState {
  readonly state: TargetState;
  readonly record: ReadinessRecord | null;
}

export function nameOf({ promotion, step }: Step): StepName {
  return { promotion: promotion.name, stage: step.to.name };
}
