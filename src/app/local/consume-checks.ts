import { checkAll } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import type { PreviewContext } from '../../pulls/previews/context.ts';
import type { Servers } from '../../exchange/servers.ts';
import { readCheck } from '../../queue/messages/check-request.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import { serversOf } from '../servers-of.ts';
import { CHECK_SLOTS } from '../../queue/slots.ts';

/** Runs checks until it is stopped, and queues those that have to continue. */
export function consumeChecks({
  runtime,
  previews,
  ...common
}: QueueOptions<CheckRequest> & {
  readonly runtime: Runtime & { readonly servers: Servers };
  readonly previews: PreviewContext;
}): Consumer {
  return consume<CheckRequest>({
    ...common,
    read: readCheck,
    slots: { limits: CHECK_SLOTS, conditionOf: runtime.servers.conditionOf },
    serversOf: (request) => serversOf(request, runtime.config),
    async handler(requests, signal) {
      const ofTargets = requests.filter(({ preview }) => preview === undefined);
      await Promise.all([checkAll(ofTargets, runtime, signal), checkPreviews(requests, previews, signal)]);
      return { kind: 'done' };
    },
  });
}

async function checkPreviews(
  requests: readonly CheckRequest[],
  context: PreviewContext,
  signal: AbortSignal,
): Promise<void> {
  const found = requests.flatMap((request) => {
    const { preview } = request;
    return preview === undefined ? [] : [{ ...request, preview }];
  });
  if (found.length === 0) return;
  const { checkPreview } = await import('../../pulls/previews/check-preview.ts');
  await Promise.all(found.map((request) => checkPreview(request, context, signal)));
}
