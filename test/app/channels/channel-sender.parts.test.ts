import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelSender } from '../../../src/app/channels/channel-sender.ts';
import type { ChannelSender, SentNotices } from '../../../src/app/channels/channel-sender.ts';
import type { Notice } from '../../../src/channels/port.ts';
import type { ChannelKind } from '../../../src/config/checked/channel.ts';
import { environmentCredentials } from '../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../src/platforms/aws/api/request.ts';
import { startAws } from '../../rig/aws/aws.ts';
import type { AwsServer } from '../../rig/aws/aws.ts';
import { aNotice, TOKEN_SECRET } from '../../channels/builders.ts';
import { configOf, file } from '../../config/builders.ts';
import { HTTP_KINDS, MAIL_PASSWORD, startHttpService, startMailService } from './services.ts';
import type { HttpService, MailService } from './services.ts';

const { signal } = new AbortController();
const KEYS: Readonly<Record<ChannelKind, string>> = {
  slack: 'url: env:URL',
  teams: 'url: env:URL',
  discord: 'url: env:URL',
  googlechat: 'url: env:URL',
  mattermost: 'url: env:URL',
  pagerduty: 'url: env:URL, token: env:TOKEN',
  webhook: 'url: env:URL, token: env:TOKEN',
  sns: 'topic: "arn:aws:sns:eu-central-1:111122223333:deploys"',
  eventbridge: 'bus: "arn:aws:events:eu-central-1:111122223333:event-bus/default"',
  'github-deployments': 'token: env:TOKEN',
  grafana: 'url: env:URL, token: env:TOKEN',
  smtp: 'url: env:MAIL, from: headgate@example.com, to: [team@example.com, ops@example.com]',
};

let service: HttpService;
let mail: MailService;
let server: AwsServer;
let aws: Aws;
let waits: number[];

beforeEach(async () => {
  [service, mail, server] = await Promise.all([startHttpService(), startMailService(), startAws()]);
  const { accessKeyId, secretAccessKey } = server.addUser('arn:aws:sts::111122223333:assumed-role/headgate/fn');
  const credentials = environmentCredentials({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  aws = openAws({ credentials, env: server.env, nowMs: () => Date.now(), wait: () => Promise.resolve() });
  waits = [];
});
afterEach(async () => {
  aws.close();
  await Promise.all([service.close(), mail.close(), server.close()]);
});

function sender(kind: ChannelKind, change: Readonly<Record<string, string | undefined>> = {}): ChannelSender {
  const text = file({ end: `channels: { team: { kind: ${kind}, ${KEYS[kind]} } }` }).replace(
    'host: github\n',
    `host: github\n    api: ${service.url}/api\n`,
  );
  const env = {
    URL: `${service.url}/services/planted-url-secret`,
    TOKEN: TOKEN_SECRET,
    MAIL: `smtp://team:${MAIL_PASSWORD}@${mail.host}`,
    ...change,
  };
  return channelSender({
    config: configOf(text),
    secrets: { env, readFile: () => Promise.reject(new Error('no file')), aws: NO_AWS_SECRETS },
    aws,
    nowMs: () => Date.now(),
    async wait(ms) {
      waits.push(ms);
    },
    deadlineMs: 300,
  });
}

const NO_AWS_SECRETS = {
  read: () => Promise.reject(new Error('not on AWS')),
  reread: () => Promise.resolve(false),
} as never;

const send = (kind: ChannelKind, notices: readonly Notice[] = [aNotice()]): Promise<SentNotices> =>
  sender(kind).send(notices, signal);

/** Every secret of a channel of this kind. */
const quoting = (kind: ChannelKind) =>
  [
    ...(KEYS[kind].includes('env:URL') ? [`${service.url}/services/planted-url-secret`] : []),
    ...(KEYS[kind].includes('env:TOKEN') ? [TOKEN_SECRET] : []),
  ].join(' and ');

/** Everything about a failure that anyone gets to see. */
const textOf = ({ refused, later }: SentNotices) => JSON.stringify([refused, later?.error.problem]);

describe.each(HTTP_KINDS)('sending to %s', (kind) => {
  const requests = kind === 'github-deployments' ? 3 : 1;

  it('is one request for one message', async () => {
    expect(await send(kind)).toEqual({ refused: [], later: null });
    expect(service.received).toHaveLength(requests);
    expect(waits).toEqual([]);
  });

  it('waits as long as the service wants (429)', async () => {
    service.replies = [{ status: 429, headers: { 'retry-after': '3' } }];
    expect(await send(kind)).toEqual({ refused: [], later: null });
    expect(service.received).toHaveLength(requests + 1);
    expect(waits).toEqual([3000]);
  });

  it('leaves a longer wait to the queue', async () => {
    service.replies = [{ status: 429, headers: { 'retry-after': '120' } }];
    const { later } = await send(kind);
    expect(later).toMatchObject({
      notices: [{ id: 'notice-1' }],
      error: { code: 'channel-unreachable', retryAfterMs: 120_000 },
    });
    expect(waits).toEqual([]);
  });

  it('tries again after an error of the server (5xx), and then leaves it to the queue', async () => {
    service.replies = [{ status: 503 }, { status: 500 }];
    expect(await send(kind)).toEqual({ refused: [], later: null });
    service.replies = [{ status: 503 }, { status: 500 }, { status: 502 }];
    expect((await send(kind)).later?.error).toMatchObject({ code: 'channel-unreachable', subject: 'channel team' });
  });

  it('ends a request that is not answered in time', async () => {
    service.replies = ['silent', 'silent', 'silent'];
    const sent = await send(kind);
    expect(sent.later?.error.message).toBe(`${kind} is not accepting messages: no complete response within 0.3 s`);
  });

  it.each([401, 403, 404, 410])(
    'reports with a remedy, once, that the service refuses the channel (%i)',
    async (status) => {
      const body = `no access for ${quoting(kind)}`;
      service.replies = [{ status, body }];
      const sent = await send(kind);
      expect(service.received).toHaveLength(1);
      expect(sent.refused).toMatchObject([{ code: 'channel-refused', subject: 'channel team' }]);
      expect(sent.refused[0]?.message).toContain(
        `${kind} did not accept the message: status ${status}: no access for ***`,
      );
      expect(sent.refused[0]?.remedy).toMatch(
        /^Store a valid (?:key|address) under env:(?:URL|TOKEN)(?: \(.*\))?, then run headgate notify test team\.$/,
      );
      expect(textOf(sent)).not.toMatch(/planted|whsec_/);
    },
  );

  it('follows no redirect, which would hand the secret to another server', async () => {
    service.replies = [{ status: 302, headers: { location: `${service.url}/elsewhere` } }];
    const sent = await send(kind);
    expect(sent.refused[0]?.message).toContain('redirects are not followed');
    expect(service.received).toHaveLength(1);
  });

  it('masks the address and the key in a text that quotes them', async () => {
    const text = `cannot pull with ${quoting(kind)}`;
    await send(kind, [aNotice({ text, details: [{ subject: 'x', message: text, remedy: text }] })]);
    const bodies = service.received.map(({ body }) => body).join('\n');
    // PagerDuty takes its key in the body.
    const texts = bodies.replaceAll(`"routing_key":"${TOKEN_SECRET}"`, '');
    expect([
      texts.includes('planted-url-secret'),
      quoting(kind).includes(TOKEN_SECRET) && texts.includes(TOKEN_SECRET),
    ]).toEqual([false, false]);
  });

  it('is not sent without a secret, which is named', async () => {
    const missing = KEYS[kind].includes('TOKEN') ? 'TOKEN' : 'URL';
    const sent = await sender(kind, { [missing]: undefined }).send([aNotice()], signal);
    expect(sent.refused).toMatchObject([{ code: 'secret-missing', subject: `env:${missing}` }]);
    expect(service.received).toEqual([]);
  });
});

describe.each(HTTP_KINDS.filter((kind) => kind !== 'github-deployments'))('the address of %s', (kind) => {
  it.each(['http://hooks.example.com/x', 'not a URL', 'ftp://127.0.0.1/x'])(
    'must be encrypted or on this machine, not %s',
    async (URL) => {
      const sent = await sender(kind, { URL }).send([aNotice()], signal);
      expect(sent.refused).toMatchObject([
        { code: 'channel-refused', message: expect.stringContaining('not a valid https URL') },
      ]);
      expect(textOf(sent)).not.toContain(URL);
    },
  );
});

describe('sending many notices', () => {
  it('is one message where the service can show them together', async () => {
    const notices = Array.from({ length: 12 }, (_, index) => aNotice({ id: `n-${index}`, target: `shop-${index}` }));
    await send('slack', notices);
    expect(service.received).toHaveLength(1);
    expect(service.received[0]?.body).toContain('12 targets: 12 refused');
  });

  it('gives back only those that were not sent', async () => {
    service.replies = [{ status: 200 }, { status: 200 }, { status: 429, headers: { 'retry-after': '60' } }];
    const notices = ['1', '2', '3', '4'].map((id) => aNotice({ id }));
    const { later } = await send('webhook', notices);
    expect(later?.notices.map(({ id }) => id)).toEqual(['3', '4']);
    expect(service.received.map(({ headers }) => headers['webhook-id'])).toEqual(['1', '2', '3']);
  });

  it('sends the others when one is refused', async () => {
    service.replies = [{ status: 400, body: 'invalid_payload' }];
    const sent = await send('webhook', [aNotice({ id: '1' }), aNotice({ id: '2' })]);
    expect(sent).toMatchObject({
      refused: [{ message: 'webhook did not accept the message: status 400: invalid_payload' }],
      later: null,
    });
    expect(service.received).toHaveLength(2);
  });

  it('refuses a channel that is no longer in headgate.yml', async () => {
    const { refused } = await send('slack', [aNotice({ channel: 'removed' })]);
    expect(refused).toMatchObject([
      { subject: 'channel removed', message: 'the channel is no longer in headgate.yml' },
    ]);
  });
});

describe('sending to GitHub', () => {
  it('creates one deployment for each commit and target, and adds statuses to it', async () => {
    const github = sender('github-deployments');
    await github.send([aNotice({ event: 'deployed', resolves: false })], signal);
    service.replies = [{ status: 200, body: '[{"id": 42}]' }];
    await github.send([aNotice({ event: 'ready', resolves: true })], signal);
    expect(service.received.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'GET /api/repos/acme/fleet/deployments',
      'POST /api/repos/acme/fleet/deployments',
      'POST /api/repos/acme/fleet/deployments/1/statuses',
      'GET /api/repos/acme/fleet/deployments',
      'POST /api/repos/acme/fleet/deployments/42/statuses',
    ]);
    const states = service.received
      .filter(({ path }) => path.endsWith('/statuses'))
      .map(({ body }) => JSON.parse(body));
    expect(states).toMatchObject([{ state: 'in_progress' }, { state: 'success', environment: 'shop-prod' }]);
    expect(service.received[0]?.headers['authorization']).toBe(`Bearer ${TOKEN_SECRET}`);
  });
});

describe.each(['sns', 'eventbridge'] as const)('sending to %s', (kind) => {
  it('is one signed request in the region of its ARN', async () => {
    expect(await send(kind, [aNotice(), aNotice({ id: 'n-2' })])).toEqual({ refused: [], later: null });
    const name = kind === 'sns' ? 'sns' : 'events';
    expect(server.requests).toMatchObject([{ service: name, region: 'eu-central-1', status: 200 }]);
    expect(decodeURIComponent(server.messages[0]?.body ?? '')).toContain('shop-prod');
  });

  it('is left to the queue while AWS does not answer', async () => {
    server.faults = Array.from({ length: 9 }, () => 503);
    expect((await send(kind)).later?.error).toMatchObject({ code: 'channel-unreachable' });
  });

  it('names what Headgate may not send to', async () => {
    server.faults = [403];
    const arn =
      kind === 'sns'
        ? 'arn:aws:sns:eu-central-1:111122223333:deploys'
        : 'arn:aws:events:eu-central-1:111122223333:event-bus/default';
    expect((await send(kind)).refused).toMatchObject([
      {
        code: 'channel-refused',
        remedy: `Allow Headgate to send to ${arn}, and check that it exists; then run headgate notify test team.`,
      },
    ]);
  });
});

describe('sending mail', () => {
  it('is one mail to all recipients, as text and as HTML, with a stable id', async () => {
    expect(await send('smtp')).toEqual({ refused: [], later: null });
    expect(mail.mails).toHaveLength(1);
    const [{ to, source } = { to: [], source: '' }] = mail.mails;
    expect(to).toEqual(['team@example.com', 'ops@example.com']);
    expect(source).toContain('Subject: [headgate] shop-prod: refused');
    expect(source).toContain('Message-ID: <notice-1@headgate>');
    expect(source).toContain('Content-Type: text/plain');
    expect(source).toContain('Content-Type: text/html');
    expect(source).not.toContain('planted');
  });

  it('adds no header and no recipient from a text', async () => {
    await send('smtp', [aNotice({ target: 'x\r\nBcc: evil@example.com', text: '.\r\nRCPT TO:<evil@example.com>' })]);
    expect(mail.mails[0]?.to).toEqual(['team@example.com', 'ops@example.com']);
    const [headers = ''] = mail.mails[0]?.source.split('\r\n\r\n') ?? [];
    expect(headers).toContain('Subject:');
    expect(headers).not.toMatch(/^Bcc:/m);
  });

  it('is left to the queue when the server is busy (450), and refused when it refuses (550)', async () => {
    mail.replies = [450];
    expect((await send('smtp')).later?.error).toMatchObject({ code: 'channel-unreachable' });
    mail.replies = [550];
    expect((await send('smtp')).refused).toMatchObject([
      { code: 'channel-refused', message: expect.stringContaining('status 550') },
    ]);
  });

  it('is refused with a wrong password, which is in no text', async () => {
    const sent = await sender('smtp', { MAIL: `smtp://team:planted-wrong-one@${mail.host}` }).send([aNotice()], signal);
    expect(sent.refused).toMatchObject([
      {
        message: expect.stringContaining('status 535'),
        remedy: expect.stringMatching(/^Store a valid key under env:MAIL/),
      },
    ]);
    expect(textOf(sent)).not.toContain('planted');
  });

  it('is left to the queue while the server does not answer', async () => {
    mail.replies = [0];
    expect((await send('smtp')).later?.error).toMatchObject({ code: 'channel-unreachable' });
    await mail.close();
    expect((await send('smtp')).later?.error).toMatchObject({ code: 'channel-unreachable' });
  });

  it('is never sent unencrypted to another machine', async () => {
    const sent = await sender('smtp', { MAIL: 'https://mail.example.com' }).send([aNotice()], signal);
    expect(sent.refused).toMatchObject([{ message: expect.stringContaining('not one of a mail server') }]);
  });
});
