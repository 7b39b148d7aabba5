import type { Notice } from './port.ts';

/** A notice as a CloudEvent 1.0: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export function cloudEventOf(notice: Notice, link: string | null) {
  const { id, event, at, target, repository, channel: _channel, ...data } = notice;
  return {
    specversion: '1.0',
    id,
    source: `/headgate/${encodeURIComponent(repository)}/${encodeURIComponent(target)}`,
    type: `dev.headgate.${event}`,
    subject: target,
    time: at,
    datacontenttype: 'application/json',
    data: { target, repository, event, ...data, ...(link === null ? {} : { link }) },
  };
}
