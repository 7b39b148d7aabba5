import { inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import { COLORS, fill, fit, headline, linesOf, markdownLine, severityOf } from '../text.ts';

/** A post holds 16,383 characters: https://developers.mattermost.com/integrate/webhooks/incoming */
const POST = inCharacters(16_000);
const HEADLINE = inCharacters(300);

/** An incoming webhook of Mattermost. */
export const mattermost: ChannelRenderer = {
  together: 50,
  render(notices, { url, commitUrl }) {
    const title = fit(headline(notices), HEADLINE, escapeMattermost);
    const text = fill(linesOf(notices, commitUrl), markdownLine(escapeMattermost, '**'), POST);
    const attachment = { color: COLORS[severityOf(notices)], fallback: headline(notices), text };
    return postJson(url, { text: `**${title}**`, attachments: [attachment] });
  },
};

const MARKDOWN = /[\\`*_{}[\]()#+|~!-]/g;
const ZERO_WIDTH_SPACE = '\u200b';

/** Mattermost reads Slack's mentions too (`<!channel>`), and a backslash does not keep it from notifying `@channel`. */
function escapeMattermost(text: string): string {
  return text
    .replaceAll(MARKDOWN, (character) => `\\${character}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', `@${ZERO_WIDTH_SPACE}`);
}
