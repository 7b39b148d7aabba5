import type { PlanRequest } from '../../deploy/ports/githost/plan-request.ts';
import type { Servers } from '../../exchange/servers.ts';
import type { PreviewContext } from '../../pulls/previews/context.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import { planWork } from '../work/plan-work.ts';

/** Plans pull requests, and deploys their previews, until it is stopped. */
export function consumePlans({
  context,
  servers,
  ...common
}: QueueOptions<PlanRequest> & { readonly context: PreviewContext; readonly servers: Servers }): Consumer {
  const { limits, ...work } = planWork(context);
  return consume<PlanRequest>({ ...common, ...work, slots: { limits, conditionOf: servers.conditionOf } });
}
