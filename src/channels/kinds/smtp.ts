import { inBytes, inCharacters } from '../../error/cut-text.ts';
import type { ChannelRenderer } from '../port.ts';
import { fill, fit, headline, escapeHtml, htmlLine, linesOf, plainText } from '../text.ts';

const BODY = inBytes(200_000);
const SUBJECT = inCharacters(200);

/** A mail, as text and as HTML. */
export const smtp: ChannelRenderer = {
  together: 100,
  render(notices, to) {
    const [first] = notices;
    if (first === undefined) return null;
    const title = headline(notices);
    const lines = fill(linesOf(notices, to.commitUrl), htmlLine, BODY).replaceAll('\n', '<br>\n');
    return {
      kind: 'mail',
      server: to.url,
      from: to.from,
      to: to.to,
      subject: fit(`[headgate] ${title}`, SUBJECT),
      text: plainText(notices, to, BODY),
      html: `<p><b>${escapeHtml(title)}</b></p>\n<p>${lines}</p>`,
      messageId: `<${first.id}@headgate>`,
    };
  },
};
