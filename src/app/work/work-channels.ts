import type { Config } from '../../config/checked/config.ts';
import type { Notices } from '../../channels/port.ts';
import type { Channel } from '../../deploy/ports/run-event.ts';
import { noticesChannel } from '../../deploy/report/channels/notices.ts';
import type { Outcomes } from '../../queue/messages/write-request.ts';
import { outcomesChannel } from '../records/outcomes-channel.ts';

interface WorkPorts {
  readonly config: Config;
  /** Undefined: no message is sent. */
  readonly notices: Notices | undefined;
  /** Undefined: nothing is recorded in Git. */
  readonly outcomes: Outcomes | undefined;
  readonly nowMs: () => number;
}

/** The channels that only queue what they report: messages, and what is recorded in Git. */
export function workChannels({ config, notices, outcomes, nowMs }: WorkPorts): readonly Channel[] {
  const isRecorded = [...config.repositories.values()].some(({ record }) => record === 'refs');
  return [
    ...(notices !== undefined && config.channels.size > 0 ? [noticesChannel({ config, notices, nowMs })] : []),
    ...(outcomes !== undefined && isRecorded ? [outcomesChannel({ config, outcomes, nowMs })] : []),
  ];
}
