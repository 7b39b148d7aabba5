import type { PlanRequest } from '../../deploy/ports/githost/plan-request.ts';
import type { PreviewContext } from '../../pulls/previews/context.ts';
import { readPlanRequest } from '../../queue/messages/plan-request.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import { gitServerName } from '../githost/server-name.ts';
import type { GroupWork } from './group-work.ts';

/** Few at a time: a push never waits for a plan, and shares the machine with it. */
const LIMITS: SlotLimits = { answering: 2, unproven: 4, silent: 16, perServer: 2 };

/** Plans pull requests, and deploys their previews. */
export function planWork(context: PreviewContext): GroupWork<PlanRequest> {
  const { repositories, previews } = context.runtime.config;
  return {
    limits: LIMITS,
    read: readPlanRequest,
    serversOf({ repository: name }) {
      const repository = repositories.get(name);
      return repository === undefined ? [] : [gitServerName(repository)];
    },
    async handler(requests, signal) {
      const planning = requests.filter(({ kind }) => kind !== 'preview');
      const { servePlans } = await import('../../pulls/plan/serve-plans.ts');
      const planned = await servePlans(planning, context, signal);
      if (previews.length === 0) return planned;
      // The plan is there first: reviewers wait for it, and a preview takes longer.
      const { concernsPreviews, servePreviews } = await import('../../pulls/previews/serve-previews.ts');
      const previewed = await servePreviews(requests.filter(concernsPreviews), context, signal);
      return planned.kind === 'retry' ? planned : previewed;
    },
  };
}
