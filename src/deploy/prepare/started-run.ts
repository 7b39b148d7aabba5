import type { CommitDescription, Revision, Source } from '../../snapshot/source.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Approved } from '../../state/target-state.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Neighbors, Observed, RecordedTarget } from '../ports/cluster.ts';
import type { TargetRequest } from '../ports/request.ts';

/** A run that has read its target's state and its tip. */
export interface StartedRun {
  readonly request: TargetRequest;
  /** The next write goes through it. */
  readonly recorded: RecordedTarget;
  readonly state: TargetState;
  readonly source: Source;
  readonly revision: Revision;
  /** Hash of the settings that shape the desired objects. */
  readonly settings: string;
  /** When it began. */
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly clock: () => number;
  /** Of this revision, if it was read. */
  readonly commit: CommitDescription | null;
  /** The run brings a held target to the commit of its hold, not to the tip. */
  readonly isHeld: boolean;
}

/** A run with a plan: its source names every input that was rendered. */
export interface PlannedRun extends StartedRun {
  readonly renderer: Renderer;
  /** What the plan was made from, and is applied to. */
  readonly observed: Observed;
  readonly plan: Plan;
  readonly neighbors: Neighbors;
  /** Why it may carry out the plan; undefined: it needs no approval. */
  readonly approved?: Approved;
}
