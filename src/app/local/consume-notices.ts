import type { Notice } from '../../channels/port.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import { noticeWork } from '../work/notice-work.ts';

type Noticing = Parameters<typeof noticeWork>[0];

/** Sends notices until it is stopped. */
export function consumeNotices({ runtime, errors, queue, ...common }: QueueOptions<Notice> & Noticing): Consumer {
  const { limits, ...work } = noticeWork({ runtime, errors, queue });
  return consume<Notice>({ ...common, queue, ...work, slots: { limits, conditionOf: () => 'answering' } });
}
