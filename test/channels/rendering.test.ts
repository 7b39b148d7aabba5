import { createRequire } from 'node:module';
import { HTTP } from 'cloudevents';
import type { CloudEvent } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { ChannelKind } from '../../src/config/checked/channel.ts';
import type { Notice } from '../../src/channels/port.ts';
import { RENDERERS } from '../../src/channels/kinds/renderers.ts';
import { aNotice, bodyOf, DESTINATION, jsonOf, KINDS, NOTICES, NOW_MS, render, TOKEN_SECRET } from './builders.ts';

/** Of what a service accepts, in its own unit. */
const LIMITS: Readonly<Partial<Record<ChannelKind, number>>> = {
  teams: 28_000,
  googlechat: 32_000,
  pagerduty: 512 * 1024,
  sns: 256 * 1024,
  eventbridge: 256 * 1024,
  // 16,383 characters, of which each may be four bytes.
  mattermost: 65_000,
};

/** Kinds that say nothing of some events. */
const SILENT: Readonly<Partial<Record<ChannelKind, readonly Notice['event'][]>>> = {
  pagerduty: ['deployed', 'waiting', 'held', 'released', 'image', 'promoted'],
  'github-deployments': ['held', 'released', 'drift', 'image', 'promoted'],
};

const NASTY =
  '<!channel> @everyone <@123> <users/all> & "x" \' *b* _i_ [l](http://evil.example) `c` <b>bold</b> {{x}} |||~~';
const long = (length: number) => 'é𝒳'.repeat(length / 2);

const isSilent = (kind: ChannelKind, { event, resolves, revision }: Notice) =>
  (SILENT[kind]?.includes(event) === true && (kind === 'github-deployments' || !resolves)) ||
  (kind === 'github-deployments' && revision === null);

describe.each(KINDS)('a message of %s', (kind) => {
  it.each(NOTICES)('shows $event: $text', (notice) => {
    const body = bodyOf(render(kind, [notice]));
    const shown = decodeURIComponent(body.replaceAll('+', ' '));
    expect(shown === '' ? 'nothing' : shown.includes('shop')).toBe(isSilent(kind, notice) ? 'nothing' : true);
  });

  it('has the same content for the same notice, whenever it is sent', () => {
    const [first, second] = [NOW_MS, NOW_MS + 3_600_000].map((nowMs) =>
      bodyOf(RENDERERS[kind].render([aNotice()], DESTINATION, nowMs)),
    );
    expect(first).toBe(second);
    expect(first).not.toBe('');
  });

  it('never contains an address or a key', () => {
    const shown = NOTICES.map((notice) => bodyOf(render(kind, [notice]))).join('\n');
    // PagerDuty takes its key in the body.
    const texts = kind === 'pagerduty' ? shown.replaceAll(`"routing_key":"${TOKEN_SECRET}"`, '') : shown;
    expect([texts.includes('planted'), texts.includes(TOKEN_SECRET)]).toEqual([false, false]);
  });

  it('fits into what the service accepts, however long the texts are', () => {
    const details = Array.from({ length: 5 }, () => ({ subject: long(500), message: long(500), remedy: long(500) }));
    const large = aNotice({ text: long(500), details, target: 'x'.repeat(40) });
    const notices = Array.from({ length: RENDERERS[kind].together }, (_, index) => ({ ...large, id: `n-${index}` }));
    const body = bodyOf(render(kind, notices));
    expect(body).not.toBe('');
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(LIMITS[kind] ?? 500_000);
    // No half of a character.
    expect(body.isWellFormed()).toBe(true);
    expect(body).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/i);
  });

  it('shows many notices as one, and how many there are, where the service can', () => {
    const notices = Array.from({ length: Math.min(5, RENDERERS[kind].together) }, (_, index) =>
      aNotice({
        target: `shop-${index}`,
        event: index < 3 ? 'ready' : 'failed',
        severity: index < 3 ? 'info' : 'error',
        resolves: index < 3,
      }),
    );
    const body = decodeURIComponent(bodyOf(render(kind, notices)).replaceAll('+', ' ')).replaceAll('\\\\', '');
    const title = notices.length === 1 || kind === 'eventbridge' ? '' : '5 targets: 3 ready, 2 failed';
    expect(body).toContain(title);
    expect(body).toContain(`shop-${notices.length - 1}`);
  });
});

describe('escaping', () => {
  const nasty = aNotice({ text: NASTY, details: [{ subject: NASTY, message: NASTY, remedy: '' }] });

  it('leaves no mention and no link in a text for Slack', () => {
    const { attachments, text } = jsonOf('slack', [nasty]) as {
      text: string;
      attachments: { blocks: { text: { text: string; verbatim: boolean } }[] }[];
    };
    const shown = attachments[0]?.blocks[0]?.text;
    expect(shown?.verbatim).toBe(true);
    expect(shown?.text).toContain('&lt;!channel&gt; @everyone &lt;@123&gt; &lt;users/all&gt; &amp; "x"');
    // The only link is ours.
    expect(shown?.text.match(/<[^>]*>/g)).toEqual([
      `<https://github.example/acme/fleet/commit/${'a'.repeat(40)}|aaaaaaaaaaaa>`,
    ]);
    expect(text).not.toContain('<');
  });

  it('leaves no mention, link or format in a text for Discord', () => {
    const { embeds, allowed_mentions: allowed } = jsonOf('discord', [nasty]) as {
      embeds: { description: string }[];
      allowed_mentions: object;
    };
    expect(allowed).toEqual({ parse: [] });
    const text = embeds[0]?.description.replace(/^\[a{12}\]\([^)]*\)/, '') ?? '';
    expect(text).toContain(String.raw`\<!channel\> \@everyone \<\@123\>`);
    expect(text).toContain(String.raw`\*b\* \_i\_ \[l\]\(http\://evil.example\)`);
    expect(text).not.toMatch(/(?<!\\)[*_[\]()<>@`~|]/);
  });

  it('leaves no mention, link or format in a text for Mattermost', () => {
    const { attachments } = jsonOf('mattermost', [nasty]) as { attachments: { text: string }[] };
    const text = attachments[0]?.text.replace(/^\[a{12}\]\([^)]*\)/, '') ?? '';
    expect(text).toContain('@\u200beveryone');
    expect(text).not.toMatch(/@(?!\u200b)|<|>/);
    expect(text).not.toMatch(/(?<!\\)[*_[\]()`~|]/);
  });

  it.each(['googlechat', 'grafana', 'smtp'] as const)('leaves no element in the HTML of %s', (kind) => {
    const request = render(kind, [nasty]);
    const html = request?.kind === 'mail' ? request.html : bodyOf(request);
    expect(html).toContain('&#60;b&#62;bold');
    expect(html.match(/<(?!\/?(?:b|p|a href=\\?"https:\/\/github\.example[^"]*"|a|br)>)/g)).toBeNull();
  });

  it('gives Teams a card whose texts are never Markdown', () => {
    const { attachments } = jsonOf('teams', [nasty]) as { attachments: { content: object }[] };
    const card = JSON.stringify(attachments[0]?.content);
    expect(card).not.toContain('"TextBlock"');
    expect(card).toContain('[l](http://evil.example)');
    expect(parseCard(attachments[0]?.content ?? {})).toEqual({ problems: [], actions: ['aaaaaaaaaaaa'] });
  });

  it('keeps a subject of SNS and of a mail on one line of plain characters', () => {
    const odd = [aNotice({ target: `x${'y'.repeat(200)}`, event: 'failed' }), aNotice({ target: 'é' })];
    const subject = new URLSearchParams(bodyOf(render('sns', odd))).get('Subject') ?? '';
    expect(subject).toMatch(/^[ -~]{1,99}$/);
  });
});

/** Microsoft's own parser names what it does not know: an element, a property's value, a version. */
function parseCard(content: object): { problems: readonly string[]; actions: readonly string[] } {
  const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)(
    'adaptivecards/dist/adaptivecards.js',
  ) as {
    AdaptiveCard: new () => {
      parse(json: object, context: object): void;
      getActionAt(index: number): { title: string };
      getActionCount(): number;
    };
    SerializationContext: new () => { eventCount: number; getEventAt(index: number): { message: string } };
  };
  const card = new AdaptiveCard();
  const context = new SerializationContext();
  card.parse(content, context);
  const all = (count: number) => Array.from({ length: count }, (_, index) => index);
  return {
    problems: all(context.eventCount).map((index) => context.getEventAt(index).message),
    actions: all(card.getActionCount()).map((index) => card.getActionAt(index).title),
  };
}

describe('a message of webhook', () => {
  const parts = (notice: Notice) => {
    const request = render('webhook', [notice]);
    if (request?.kind !== 'http' || request.body === null) throw new Error('not an HTTP request');
    return { headers: { ...request.headers }, body: request.body };
  };

  it.each(NOTICES)('is a CloudEvent that its SDK reads: $event: $text', (notice) => {
    const { headers, body } = parts(notice);
    const event = HTTP.toEvent({ headers, body }) as CloudEvent<unknown>;
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      id: notice.id,
      type: `dev.headgate.${notice.event}`,
      subject: notice.target,
      data: { target: 'shop', event: notice.event, severity: notice.severity, text: notice.text },
    });
  });

  it('is signed as Standard Webhooks verifies it, and a changed one is not', () => {
    const { headers, body } = parts(aNotice());
    // The library compares the time with its own clock.
    const now = { ...headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    const webhook = new Webhook(TOKEN_SECRET);
    const signed = webhook.sign('notice-1', new Date(NOW_MS), body);
    expect(headers['webhook-signature']).toBe(signed);
    const request = RENDERERS.webhook.render([aNotice()], DESTINATION, Date.now());
    if (request?.kind !== 'http') throw new Error('not an HTTP request');
    expect(webhook.verify(body, { ...request.headers })).toMatchObject({ id: 'notice-1' });
    expect(() => webhook.verify(body, now)).toThrow('No matching signature');
  });
});

describe('a message of pagerduty', () => {
  it('opens an incident for a failure, and closes the same one once the target is ready', () => {
    const open = jsonOf('pagerduty', [aNotice({ event: 'failed', severity: 'error' })]);
    const close = jsonOf('pagerduty', [aNotice({ event: 'ready', severity: 'info', resolves: true, id: 'notice-2' })]);
    expect(open).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'headgate/shop-prod',
      payload: { severity: 'error', source: 'shop-prod', custom_details: { id: 'notice-1' } },
    });
    expect(close).toMatchObject({ event_action: 'resolve', dedup_key: 'headgate/shop-prod' });
  });

  it('keeps drift apart from deploys', () => {
    expect(jsonOf('pagerduty', [aNotice({ event: 'drift' })])).toMatchObject({ dedup_key: 'headgate/drift/shop-prod' });
  });
});

describe('a message of github-deployments', () => {
  it('finds the deployment of the commit before it creates one', () => {
    const find = render('github-deployments', [aNotice({ event: 'ready', resolves: true })]);
    if (find?.kind !== 'http') throw new Error('not an HTTP request');
    expect(find).toMatchObject({
      method: 'GET',
      url: `https://api.github.example/repos/acme/fleet/deployments?environment=shop-prod&per_page=1&sha=${'a'.repeat(40)}`,
    });
    expect(find.next?.('[{"id": 3}]')?.url).toBe('https://api.github.example/repos/acme/fleet/deployments/3/statuses');
    const create = find.next?.('[]');
    expect(JSON.parse(create?.body ?? '')).toMatchObject({
      ref: 'a'.repeat(40),
      environment: 'shop-prod',
      required_contexts: [],
    });
    const status = create?.next?.('{"id": 9}');
    expect(status?.url).toBe('https://api.github.example/repos/acme/fleet/deployments/9/statuses');
    expect(JSON.parse(status?.body ?? '')).toMatchObject({ state: 'success', auto_inactive: true });
    expect(create?.next?.('no JSON')).toBeNull();
  });
});

describe('a message of eventbridge', () => {
  it.each([
    ['{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}', 'sent'],
    ['{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException"}]}', 'again'],
    ['{"FailedEntryCount":1,"Entries":[{"ErrorCode":"NotAuthorizedForSourceException"}]}', 'refused'],
  ])('judges the answer %s as %s', (text, expected) => {
    expect(RENDERERS.eventbridge.judge?.({ status: 200, text })).toBe(expected);
  });
});
