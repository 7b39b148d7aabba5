import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import type { WriteRequest } from '../../queue/messages/write-request.ts';
import type { WorkRuntime } from '../work/work-runtime.ts';
import { writeWork } from '../work/write-work.ts';

/** Writes to Git until it is stopped. */
export function consumeWrites({
  runtime,
  ...common
}: QueueOptions<WriteRequest> & { readonly runtime: WorkRuntime }): Consumer {
  const { limits, ...work } = writeWork(runtime);
  return consume<WriteRequest>({
    ...common,
    ...work,
    slots: { limits, conditionOf: runtime.servers.conditionOf },
  });
}
