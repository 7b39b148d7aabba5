import { judgeApproval } from '../../plan/approval/approval.ts';
import type { ApprovalVerdict } from '../../plan/approval/approval.ts';
import { hashPlan } from '../../plan/approval/plan-hash.ts';
import type { PlanHash } from '../../plan/approval/plan-hash.ts';
import { wasDeployed } from '../../state/history.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';

/** A run with its plan, as far as an approval concerns it. */
export interface ApprovalRun {
  readonly request: TargetRequest;
  readonly plan: Pick<Plan, 'steps' | 'prunes' | 'releases'>;
  readonly revision: Revision;
  readonly state: TargetState;
  readonly settings: string;
  readonly isHeld: boolean;
}

/** Whether the run may carry out its plan. Null: nothing has to be approved. */
export async function approvalOf(run: ApprovalRun, world: World, signal: AbortSignal): Promise<ApprovalVerdict | null> {
  const { request, revision, state } = run;
  if (request.target.approval === 'none' || isKeptAgain(run) || !changesObjects(run)) return null;
  const keys = await world.keys(signal);
  const hashes = keys.map((key) => hashOf(run, key));
  const facts = { revision, hashes, given: request.approval ?? null, recorded: state.progress.approved, keys };
  const verdict = judgeApproval({ ...facts, reviewed: [] });
  if (verdict.kind === 'approved') return verdict;
  return judgeApproval({ ...facts, reviewed: await world.reviewed(revision, signal) });
}

/** A plan that only corrects the inventory changes nothing that anyone could see. */
function changesObjects({ plan: { steps, prunes, releases } }: ApprovalRun): boolean {
  return steps.length + prunes.length + releases.length > 0;
}

export function hashOf({ plan, request: { target }, settings, state }: ApprovalRun, key: string): PlanHash {
  const { repository, name, cluster, namespace } = target;
  const previous = state.applied.source?.revision ?? null;
  const planned = { repository: repository.url, target: name, cluster: cluster.name, namespace, settings, previous };
  return hashPlan(plan, planned, key);
}

/** A hold or a rollback brings back what was deployed here before. */
function isKeptAgain({ isHeld, revision, state }: ApprovalRun): boolean {
  return isHeld && wasDeployed(state.history, revision);
}
