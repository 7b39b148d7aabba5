import { inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import { COLORS, fill, fit, headline, linesOf, markdownLine, severityOf } from '../text.ts';

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const TITLE = inCharacters(256);
const DESCRIPTION = inCharacters(4096);

/** A webhook of Discord: https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discord: ChannelRenderer = {
  together: 25,
  render(notices, { url, commitUrl }) {
    const [first] = notices;
    const embed = {
      title: fit(headline(notices), TITLE, escapeDiscord),
      description: fill(linesOf(notices, commitUrl), markdownLine(escapeDiscord, '**'), DESCRIPTION),
      color: Number.parseInt(COLORS[severityOf(notices)].slice(1), 16),
      ...(first === undefined ? {} : { timestamp: first.at }),
    };
    // Nothing in the text notifies anyone.
    return postJson(url, { embeds: [embed], allowed_mentions: { parse: [] } });
  },
};

/** Discord hides a backslash before any punctuation, and then takes it as text: `<@1>`, `@everyone` and links too. */
function escapeDiscord(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()<>#+|~:@-]/g, (character) => `\\${character}`);
}
