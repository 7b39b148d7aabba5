import type { Run } from './state-transitions.ts';
import { commitStatus, errorsOf, summaryOf } from '../report/report.ts';
import { statusIsFinal } from './waiting.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

/** Says on the commit that work has begun. Never fails a deploy. */
export async function announce(run: Pick<Run, 'state' | 'revision'>, world: World, signal: AbortSignal): Promise<void> {
  const { statuses, target, warn } = world;
  if (statuses === null) return;
  const say = async () => {
    if (await statusIsFinal(run, world, signal)) return;
    await statuses.set(run.revision, commitStatus(target.name, 'pending', 'applying'), signal);
  };
  await warn(say());
}

/** A commit that was begun and never ended, because this one came, would carry our pending for ever. */
export async function announceOvertaken(
  { state, source }: Pick<Run, 'state' | 'source'>,
  { statuses, target, warn }: World,
  signal: AbortSignal,
): Promise<void> {
  const { pendingOn } = state.outcome;
  if (statuses === null || pendingOn === null) return;
  if (pendingOn === state.applied.source?.revision || pendingOn === source.revision) return;
  const description = `superseded by ${source.revision.slice(0, 7)}`;
  await warn(statuses.set(pendingOn, commitStatus(target.name, 'error', description), signal));
}

export async function writeEvent(report: Report, { cluster, warn }: World, signal: AbortSignal): Promise<void> {
  const at = report.revision?.slice(0, 12) ?? '';
  switch (report.verdict) {
    case 'deployed':
      return warn(
        cluster.event({ type: 'Normal', reason: 'Deployed', message: `${at}: ${summaryOf(report)}` }, signal),
      );
    case 'refused':
      return warn(
        cluster.event(
          { type: 'Warning', reason: 'DeployRefused', message: `${at}: ${errorsOf(report.errors)}` },
          signal,
        ),
      );
    case 'partial':
    case 'failed':
      return warn(
        cluster.event(
          { type: 'Warning', reason: 'DeployFailed', message: `${at}: ${errorsOf(report.errors)}` },
          signal,
        ),
      );
    case 'unchanged':
    case 'waiting':
    case 'superseded':
      return undefined;
    default:
      return report.verdict satisfies never;
  }
}
