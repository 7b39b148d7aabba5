import { inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import { COLORS, fill, fit, headline, linesOf, severityOf } from '../text.ts';
import type { Line } from '../text.ts';

/** A section holds 3,000 characters: https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SECTION = inCharacters(3000);
const HEADLINE = inCharacters(150);

/** An incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: ChannelRenderer = {
  together: 20,
  render(notices, { url, commitUrl }) {
    const title = fit(headline(notices), HEADLINE, escapeSlack);
    const text = fill(linesOf(notices, commitUrl), slackLine, SECTION);
    // Verbatim: no name in the text becomes a link to a channel or a person.
    const section = { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
    const attachment = { color: COLORS[severityOf(notices)], fallback: title, blocks: [section] };
    return postJson(url, { text: title, attachments: [attachment], unfurl_links: false, unfurl_media: false });
  },
};

/** Only these are escaped: https://docs.slack.dev/messaging/formatting-message-text#escaping. They also begin a mention. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function slackLine({ strong, commit, text }: Line): string {
  const label = commit === null ? '' : escapeSlack(commit.short);
  const link = commit === null || commit.url === null ? label : `<${escapeSlack(commit.url)}|${label}>`;
  const parts = [strong === '' ? '' : `*${escapeSlack(strong)}*`, link, escapeSlack(text)];
  return parts.filter((part) => part !== '').join(' · ');
}
