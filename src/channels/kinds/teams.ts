import { inBytes, inCharacters } from '../../error/cut-text.ts';
import { postJson } from '../port.ts';
import type { ChannelRenderer } from '../port.ts';
import type { Severity } from '../../config/written/channel-events.ts';
import { fill, fit, headline, linesOf, plainLine, severityOf } from '../text.ts';

/** A message holds 28 KB: https://learn.microsoft.com/microsoftteams/limits-specifications-teams. JSON escapes add to it. */
const TEXT = inBytes(12_000);
const HEADLINE = inCharacters(200);
const COLORS: Readonly<Record<Severity, string>> = { info: 'Good', warning: 'Warning', error: 'Attention' };
const CARD = 'application/vnd.microsoft.card.adaptive';
/** A card with many actions shows them in a menu. */
const MAX_LINKS = 5;

/** A Workflows webhook of Microsoft Teams: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const teams: ChannelRenderer = {
  together: 25,
  render(notices, { url, commitUrl }) {
    const lines = linesOf(notices, commitUrl);
    const title = { text: fit(headline(notices), HEADLINE), weight: 'Bolder', size: 'Medium' };
    const links = new Map(
      lines.flatMap(({ commit }) => (commit === null || commit.url === null ? [] : [[commit.url, commit.short]])),
    );
    const actions = [...links].slice(0, MAX_LINKS).map(([address, short]) => ({
      type: 'Action.OpenUrl',
      title: short,
      url: address,
    }));
    const content = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      body: [
        richText({ ...title, color: COLORS[severityOf(notices)] }),
        ...fill(lines, plainLine, TEXT)
          .split('\n')
          .map((text) => richText({ text })),
      ],
      ...(actions.length === 0 ? {} : { actions }),
    };
    return postJson(url, { type: 'message', attachments: [{ contentType: CARD, contentUrl: null, content }] });
  },
};

/** A TextBlock reads Markdown, so text could become a link or an image. A TextRun does not. */
function richText(run: { readonly text: string } & Readonly<Record<string, string>>) {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', ...run }] };
}
