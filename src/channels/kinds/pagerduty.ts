import { inCharacters } from '../../error/cut-text.ts';
import type { ChannelRenderer, Notice } from '../port.ts';
import { postJson } from '../port.ts';
import { fit, titleOf } from '../text.ts';

/** https://developer.pagerduty.com/docs/events-api-v2-overview: 1,024 characters of summary, 512 KB in all. */
const SUMMARY = inCharacters(1024);
const ADDRESS = 'https://events.pagerduty.com/v2/enqueue';

/** Opens an incident for each target that failed, and resolves it once the target is ready. Drift has a separate one. */
export const pagerduty: ChannelRenderer = {
  together: 1,
  render(notices, { url, token, commitUrl }) {
    const [notice] = notices;
    if (notice === undefined || !isIncident(notice)) return null;
    const { id, target, repository, severity, text, at, revision, details, event, delivery } = notice;
    const link = commitUrl(notice);
    return postJson(url === '' ? ADDRESS : url, {
      routing_key: token,
      event_action: notice.resolves ? 'resolve' : 'trigger',
      dedup_key: `headgate/${event === 'drift' ? 'drift/' : ''}${target}`,
      client: 'headgate',
      ...(link === null ? {} : { links: [{ href: link, text: `commit ${revision?.slice(0, 12) ?? ''}` }] }),
      payload: {
        summary: fit(`${titleOf(notice)}: ${text}`, SUMMARY),
        source: target,
        severity,
        timestamp: at,
        component: target,
        group: repository,
        class: event,
        custom_details: { id, revision, delivery, details },
      },
    });
  },
};

function isIncident({ severity, resolves, event }: Notice): boolean {
  return resolves || severity !== 'info' || event === 'test';
}
