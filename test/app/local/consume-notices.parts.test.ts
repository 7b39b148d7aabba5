import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { channelSender } from '../../../src/app/channels/channel-sender.ts';
import { consumeNotices } from '../../../src/app/local/consume-notices.ts';
import { wait } from '../../../src/app/wait.ts';
import type { Notice } from '../../../src/channels/port.ts';
import { readChannelErrors } from '../../../src/platforms/local/channel-errors.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import type { LocalQueues } from '../../../src/platforms/local/queues.ts';
import type { Consumer } from '../../../src/queue/consumer.ts';
import { aNotice, NOW_MS } from '../../channels/builders.ts';
import { configOf, file } from '../../config/builders.ts';
import { startHttpService } from '../channels/services.ts';
import type { HttpService } from '../channels/services.ts';

const { signal } = new AbortController();
const SECRET = `whsec_${Buffer.from('a secret of a webhook').toString('base64')}`;

let directory = '';
let service: HttpService;
let queues: LocalQueues;
/** The clock of every part starts when the notices of the builders were made. */
let nowMs: () => number;
let logged: Readonly<Record<string, unknown>>[];
const consumers: Consumer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-notices-'));
  service = await startHttpService();
  later(0);
  logged = [];
  queues = await openLocalQueues({ dataDirectory: directory, nowMs: () => nowMs(), groupingMs: 30_000 });
});
afterEach(async () => {
  for (const consumer of consumers.splice(0)) await consumer.stop(0);
  await queues.close();
  await service.close();
  await rm(directory, { recursive: true, force: true });
});

function start(kinds: Readonly<Record<string, string>> = { team: 'slack, url: env:URL' }): void {
  const channels = Object.entries(kinds).map(([name, kind]) => `${name}: { kind: ${kind} }`);
  const env = { URL: `${service.url}/planted-url`, TOKEN: SECRET };
  const sender = channelSender({
    config: configOf(file({ end: `channels: { ${channels.join(', ')} }` })),
    secrets: { env, readFile: () => Promise.reject(new Error('no file')), aws: null as never },
    aws: null as never,
    nowMs: () => nowMs(),
    wait: () => Promise.resolve(),
    deadlineMs: 500,
  });
  const log = (line: (typeof logged)[number]) => void logged.push(line);
  consumers.push(
    consumeNotices({
      runtime: { log, nowMs: () => nowMs(), sender },
      queue: queues.notices,
      errors: queues.channelErrors,
      waits: null,
      log,
      wait,
      random: () => 0,
      visibilitySeconds: 30,
      keepUnreadable: null,
    }),
  );
}

const send = (...notices: readonly Notice[]) => queues.notices.send(notices, signal);
const later = (ms: number) => {
  const from = Date.now();
  nowMs = () => NOW_MS + ms + (Date.now() - from);
};
const until = (isSo: () => void) => vi.waitFor(isSo, { timeout: 20_000, interval: 20 });
const numbered = (count: number, change: Partial<Notice> = {}) =>
  Array.from({ length: count }, (_, index) => aNotice({ id: `n-${index}`, target: `shop-${index}`, ...change }));

/** What a consumer would get now. */
const due = async () =>
  (await queues.notices.receive({ groups: 10, visibilitySeconds: 30, waitSeconds: 0 }, signal)).length;

describe('notices in the queue', () => {
  it('wait for 30 s, so that a push that moves many targets is one message', async () => {
    await send(...numbered(40));
    expect(await due()).toBe(0);
    later(29_000);
    expect(await due()).toBe(0);
    later(30_100);
    start();
    // 20 fit into one message of Slack.
    await until(() => expect(service.received).toHaveLength(2));
    expect(service.received[0]?.body).toContain('20 targets: 20 refused');
  });

  it('are not held up by later ones: the first one decides when they are sent', async () => {
    await send(aNotice({ id: '1' }));
    later(25_000);
    await send(aNotice({ id: '2' }));
    later(30_100);
    expect(await due()).toBe(2);
  });

  it('of one channel do not wait for those of another one', async () => {
    await send(...numbered(1), ...numbered(1, { channel: 'ops' }));
    later(30_100);
    service.replies = ['silent', 'silent', 'silent'];
    start({ team: 'slack, url: env:URL', ops: 'slack, url: env:URL' });
    await until(() => expect(service.received.length).toBeGreaterThanOrEqual(4));
    expect(logged.filter(({ message }) => message === 'not-notified')).toEqual([]);
  });
});

describe('a channel that fails', () => {
  it('gets the same message with the same id once it takes messages again', async () => {
    service.replies = [{ status: 503 }, { status: 503 }, { status: 503 }];
    await send(aNotice());
    later(30_100);
    start({ team: 'webhook, url: env:URL, token: env:TOKEN' });
    await until(() =>
      expect(logged).toContainEqual(
        expect.objectContaining({ message: 'not-notified-yet', channel: 'team', waiting: 1 }),
      ),
    );
    expect(readChannelErrors(directory)).toMatchObject([
      { channel: 'team', message: 'webhook is not accepting messages: status 503' },
    ]);
    await until(() => expect(service.received).toHaveLength(4));
    expect(new Set(service.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['notice-1']));
    await until(() => expect(readChannelErrors(directory)).toEqual([]));
  });

  it('gets each message once, when only a later one fails', async () => {
    service.replies = [{ status: 200 }, { status: 429, headers: { 'retry-after': '6' } }];
    await send(...numbered(2));
    later(30_100);
    start({ team: 'webhook, url: env:URL, token: env:TOKEN' });
    await until(() => expect(service.received).toHaveLength(2));
    await until(() => expect(logged.at(-1)).toMatchObject({ message: 'not-notified-yet', waiting: 1 }));
    await until(() =>
      expect(service.received.map(({ headers }) => headers['webhook-id'])).toEqual(['n-0', 'n-1', 'n-1']),
    );
  });

  it('is reported in the log and by headgate status when it refuses, without its address', async () => {
    service.replies = [{ status: 404, body: 'no_service' }];
    await send(aNotice());
    later(30_100);
    start();
    await until(() => expect(logged).toHaveLength(1));
    expect(logged[0]).toMatchObject({
      level: 'error',
      message: 'not-notified',
      channel: 'team',
      errors: [{ code: 'channel-refused', message: 'slack did not accept the message: status 404: no_service' }],
    });
    expect(readChannelErrors(directory)).toMatchObject([
      { channel: 'team', remedy: expect.stringContaining('env:URL') },
    ]);
    expect(JSON.stringify([logged, readChannelErrors(directory)])).not.toContain('planted-url');
    expect(service.received).toHaveLength(1);
  });

  it('is left alone after a day', async () => {
    service.replies = Array.from({ length: 9 }, () => ({ status: 500 }));
    await send(aNotice({ at: new Date(NOW_MS - 25 * 3_600_000).toISOString() }));
    later(30_100);
    start();
    await until(() => expect(logged.map(({ message }) => message)).toEqual(['not-notified-yet', 'not-notified']));
    expect(logged[1]).toMatchObject({ level: 'error', dropped: 1 });
    expect(await due()).toBe(0);
  });
});

describe('a process that ends', () => {
  it('leaves a notice that it could not send to the next one', async () => {
    service.replies = ['silent'];
    await send(aNotice());
    later(30_100);
    start();
    await until(() => expect(service.received).toHaveLength(1));
    for (const consumer of consumers.splice(0)) await consumer.stop(0);
    await queues.close();
    queues = await openLocalQueues({ dataDirectory: directory, nowMs: () => nowMs() });
    start();
    await until(() => expect(service.received).toHaveLength(2));
    expect(service.received[0]?.body).toBe(service.received[1]?.body);
  });
});
