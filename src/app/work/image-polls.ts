import type { Config } from '../../config/checked/config.ts';
import { duePolls } from '../../images/update/due-polls.ts';
import { writeGroups } from '../../images/update/write-group.ts';
import type { WriteQueue } from '../../queue/messages/write-request.ts';

/** Finds new tags that no webhook of a registry announced. It remembers when each branch was polled. */
export function imagePolls(config: Config, queue: WriteQueue, nowMs: () => number) {
  const groups = writeGroups(config);
  const lastMs = new Map<string, number>();
  return async (signal: AbortSignal): Promise<void> => {
    const due = duePolls(groups, { nowMs: nowMs(), lastMs });
    if (due.length === 0) return;
    await queue.send(
      due.map(({ name }) => ({ group: name, afterMs: 0 })),
      signal,
    );
  };
}
