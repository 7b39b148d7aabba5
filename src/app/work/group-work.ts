import type { NeedsServers, SlotLimits } from '../../queue/slots.ts';
import type { Work } from '../../queue/work.ts';

/** The work of one kind of message, whatever queue delivers it. */
export interface GroupWork<T extends { readonly target: string }>
  extends Pick<Work<T>, 'read' | 'handler'>, NeedsServers<T> {
  /** How many groups are handled at once where one process has them all. */
  readonly limits: SlotLimits;
}
