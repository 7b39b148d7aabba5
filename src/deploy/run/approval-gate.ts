import { approvalOf } from '../approval/approval-of.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import type { PlannedRun } from '../prepare/started-run.ts';
import { defer } from './defer.ts';

export type ApprovalGate =
  | { readonly kind: 'open'; readonly run: PlannedRun }
  /** The plan waits for an approval, and nothing is written. */
  | { readonly kind: 'deferred'; readonly report: Report };

/** Whether the plan of a target with `approval: plan` may be carried out. */
export async function approvalGate(run: PlannedRun, world: World, signal: AbortSignal): Promise<ApprovalGate> {
  const verdict = await approvalOf(run, world, signal);
  if (verdict === null) return { kind: 'open', run };
  if (verdict.kind === 'approved') return { kind: 'open', run: { ...run, approved: verdict.approved } };
  return { kind: 'deferred', report: await defer(run, verdict.reason, { world, signal }) };
}
