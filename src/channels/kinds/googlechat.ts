import { inBytes, inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import { fill, fit, headline, htmlLine, linesOf } from '../text.ts';

/** A message holds 32,000 bytes: https://developers.google.com/workspace/chat/create-messages. JSON escapes add to it. */
const PARAGRAPH = inBytes(16_000);
const HEADER = inCharacters(200);

/** A webhook of Google Chat. A card escapes like HTML, while plain text has mentions that cannot be escaped. */
export const googlechat: ChannelRenderer = {
  together: 50,
  render(notices, { url, commitUrl }) {
    const title = fit(headline(notices), HEADER);
    const text = fill(linesOf(notices, commitUrl), htmlLine, PARAGRAPH).replaceAll('\n', '<br>');
    const card = { header: { title }, sections: [{ widgets: [{ textParagraph: { text } }] }] };
    return postJson(url, { cardsV2: [{ cardId: notices[0]?.id ?? 'headgate', card }] });
  },
};
