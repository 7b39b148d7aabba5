import type { Recipient } from '../../deploy/ports/request.ts';
import type { Batch } from '../../queue/batch.ts';
import type { NeedsServers, Slots } from '../../queue/slots.ts';
import { serversOf } from '../servers-of.ts';
import type { functionRuntime } from './function-runtime.ts';

/** How many groups of a batch are handled at once: what waits for a silent server holds none of the memory of the others. */
export function slotsOf(
  { messages }: Batch,
  concurrency: number,
  { servers, config }: ReturnType<typeof functionRuntime>,
): NeedsServers<Recipient> & { readonly slots: Slots } {
  const { length: all } = messages;
  const limits = { answering: concurrency, unproven: concurrency, silent: all, perServer: all };
  return {
    slots: { limits, conditionOf: servers.conditionOf },
    serversOf: (recipient) => serversOf(recipient, config),
  };
}
