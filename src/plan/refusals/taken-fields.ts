import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Write } from '../model/plan.ts';

/** Forcing is the rule; that somebody loses a field by it is told. */
export function warnTaken({ candidate: { resource, observation } }: Write): readonly Problem[] {
  if (observation.kind !== 'updates' || observation.taken === undefined) return [];
  const byManager = Map.groupBy(observation.taken, ({ manager }) => manager);
  const from = [...byManager].map(([manager, held]) => `${manager} (${held.map(({ field }) => field).join(', ')})`);
  return [
    {
      code: 'field-conflict',
      subject: formatPosition(resource.source),
      message: `${formatId(resource.id)}: takes fields from ${from.join(' and ')}`,
      remedy: 'Leave them to that manager with ignore, or let it stop writing them; conflicts: fail refuses instead.',
    },
  ];
}
