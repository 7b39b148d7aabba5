import type { Plan } from '../../plan/model/plan.ts';
import type { Parent } from '../state/parent.ts';
import type { Gathered } from '../observe/context.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { StateChange } from '../../state/target-state.ts';

/** One plan to be carried out, and what it was made from. */
export interface Application {
  readonly plan: Plan;
  readonly ends: StateTransitions;
  readonly gathered: Gathered;
  readonly parent: Parent | null;
}

/** What the state says of a run besides its inventory: from its first write on, and after either end. */
export interface StateTransitions {
  readonly onOpen: StateChange;
  readonly onSuccess: StateChange;
  readonly onFailure: (results: readonly ChangeResult[]) => StateChange;
  /** Of a run that stops before a step, until what comes first is ready. */
  readonly onPause: (results: readonly ChangeResult[]) => StateChange;
}
