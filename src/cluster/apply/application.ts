import type { Plan } from '../../plan/model/plan.ts';
import type { Parent } from '../state/parent.ts';
import type { Gathered } from '../observe/context.ts';
import type { StateTransitions } from '../../deploy/ports/cluster.ts';

/** One plan to execute, and what it was made from. */
export interface Application {
  readonly plan: Plan;
  readonly transitions: StateTransitions;
  readonly gathered: Gathered;
  readonly parent: Parent | null;
}
