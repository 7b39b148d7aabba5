import type { Target } from '../../config/checked/config.ts';
import type { Revision } from '../../snapshot/source.ts';
import { deliveryOf } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { Stage, World } from '../ports/world.ts';
import type { Log, Level } from '../ports/log.ts';
import type { Report } from '../ports/report.ts';

export interface Timing {
  readonly durationMs: number;
  readonly stagesMs: Readonly<Partial<Record<Stage, number>>>;
}

interface Asked extends Pick<TargetRequest, 'trigger'> {
  readonly target: Pick<Target, 'name' | 'repository'>;
}

interface Counted {
  readonly git: Pick<World['git'], 'usage'>;
  readonly cluster: Pick<World['cluster'], 'usage'>;
  readonly statuses: Pick<NonNullable<World['statuses']>, 'usage'> | null;
}

/** The outcome of a run as the log has it: everything that was asked of others, counted where it happened. */
export function outcomeLine(
  report: Report,
  { target, trigger }: Asked,
  { world, timing }: { world: Counted; timing: Timing },
): Parameters<Log>[0] {
  const { created, updated, unchanged, pruned, failed, verdict, revision, previous, warnings, errors } = report;
  return {
    level: levelOf(report),
    message: verdict,
    target: target.name,
    repository: target.repository.name,
    revision,
    previous,
    delivery: deliveryOf(trigger),
    verdict,
    created,
    updated,
    unchanged,
    pruned,
    failed,
    durationMs: timing.durationMs,
    stagesMs: timing.stagesMs,
    requests: {
      git: world.git.usage.requests,
      kubernetes: world.cluster.usage.requests,
      host: world.statuses?.usage.requests ?? 0,
    },
    bytes: { git: world.git.usage.bytes },
    warnings,
    errors,
    ...(report.waitingFor === undefined ? {} : { waitingFor: report.waitingFor }),
  };
}

/** What became of the objects of a run, after its outcome. */
export function readinessLine(
  { target, trigger, revision }: Pick<TargetRequest, 'target' | 'trigger'> & { readonly revision: Revision },
  found: { readonly durationMs: number; readonly notReady: readonly NotReady[]; readonly requests?: object },
): Parameters<Log>[0] {
  const isReady = found.notReady.length === 0;
  return {
    level: isReady ? 'info' : 'warn',
    message: isReady ? 'ready' : 'not-ready',
    target: target.name,
    repository: target.repository.name,
    revision,
    delivery: deliveryOf(trigger),
    ...found,
  };
}

function levelOf({ verdict }: Report): Level {
  switch (verdict) {
    case 'unchanged':
    case 'deployed':
    case 'waiting':
    case 'superseded':
      return 'info';
    case 'refused':
    case 'partial':
      return 'warn';
    case 'failed':
      return 'error';
    default:
      return verdict satisfies never;
  }
}
