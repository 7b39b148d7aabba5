import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition, hidesValues, textOf } from '../../resource/resource.ts';
import type { Write } from '../model/plan.ts';

/** Without `replicas` in Git, a workload usually runs a single replica, whatever ran before. */
export function warnLostReplicas({ candidate: { resource, observation } }: Write): readonly Problem[] {
  if (observation.kind !== 'updates' || observation.replicas === undefined) return [];
  const { before, after } = observation.replicas;
  const values = hidesValues(resource) ? '' : `, from ${textOf(before) || 'none'} to ${textOf(after) || 'none'}`;
  return [
    {
      code: 'field-defaulted',
      subject: formatPosition(resource.source),
      message: `${formatId(resource.id)}: replicas left Git and falls back to its default${values}`,
      remedy: 'Keep replicas in the manifest. To let an autoscaler set it, add /spec/replicas to ignore first.',
    },
  ];
}
