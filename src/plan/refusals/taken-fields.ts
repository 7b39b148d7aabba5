import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Write } from '../model/plan.ts';

/** Applies are forced by default, so warn about the managers that lose fields. */
export function warnTaken({ candidate: { resource, observation } }: Write): readonly Problem[] {
  if (observation.kind !== 'updates' || observation.taken === undefined) return [];
  const byManager = Map.groupBy(observation.taken, ({ manager }) => manager);
  const from = [...byManager].map(([manager, held]) => `${manager} (${held.map(({ field }) => field).join(', ')})`);
  return [
    {
      code: 'field-conflict',
      subject: formatPosition(resource.source),
      message: `${formatId(resource.id)}: takes fields from ${from.join(' and ')}`,
      remedy: 'Add the fields to ignore, or stop the manager from writing them. Set conflicts: fail to refuse instead.',
    },
  ];
}
