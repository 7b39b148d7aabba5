import type { Config } from '../../config/checked/config.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { writeGroupsOf } from '../../images/update/write-group.ts';
import { throttled } from '../../images/webhook/throttle.ts';
import type { WriteQueue } from '../../queue/messages/write-request.ts';

/** What a webhook of a registry queues: a look at every branch that the announced images are written to. */
export function announcedPolls(
  config: Config,
  queue: WriteQueue,
  nowMs: () => number,
): NonNullable<Reception['pollImages']> {
  const poll = throttled((polls, signal) => queue.send(polls, signal), nowMs);
  return (images, signal) => {
    const groups = images.flatMap((image) => writeGroupsOf(image, config));
    const distinct = new Map(groups.map(({ name, debounceMs }) => [name, { group: name, debounceMs }]));
    return poll([...distinct.values()], signal);
  };
}
