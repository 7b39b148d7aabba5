import { inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import { escapeHtml, fill, htmlLine, linesOf, titleOf } from '../text.ts';

const TEXT = inCharacters(4000);

/** An annotation on Grafana's dashboards: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/. Its text is HTML. */
export const grafana: ChannelRenderer = {
  together: 1,
  render(notices, { url, token, commitUrl }) {
    const [notice] = notices;
    if (notice === undefined) return null;
    const { target, repository, event, severity, at } = notice;
    const lines = fill(linesOf(notices, commitUrl), htmlLine, TEXT).replaceAll('\n', '<br>');
    const content = {
      time: Date.parse(at),
      tags: ['headgate', `target:${target}`, `repository:${repository}`, `event:${event}`, `severity:${severity}`],
      text: `<b>${escapeHtml(titleOf(notice))}</b><br>${lines}`,
    };
    return postJson(`${url.replace(/\/+$/, '')}/api/annotations`, content, { authorization: `Bearer ${token}` });
  },
};
