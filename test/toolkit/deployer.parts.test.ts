import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/deploy/ports/log.ts';
import { DeployError } from '../../src/error/deploy-error.ts';
import { openDeployer } from '../../src/toolkit/deployer.ts';
import type { Deployer, DeployerOptions } from '../../src/toolkit/deployer.ts';
import type { MessageQueue, QueueMessage } from '../../src/toolkit/message-queue.ts';
import { readConfig } from '../../src/toolkit/read-config.ts';
import type { ChannelDefinition } from '../../src/toolkit/read-config.ts';
import { hmacSha256 } from '../../src/signing/hmac.ts';
import { file, withRepository } from '../config/builders.ts';

const SECRET = 'planted-secret-0123456789';
const REVISION = 'a'.repeat(40);

const chat: ChannelDefinition = {
  kind: 'forge-chat',
  keys: { required: ['url'], optional: [] },
  renderer: {
    together: 1,
    render: ([notice], { url }) => ({ kind: 'http', method: 'POST', url, headers: {}, body: notice?.text ?? '' }),
  },
};

const TEXT = file({});
const TWO_STAGES = withRepository('write: env:W').concat(
  '  - { name: shop-next, repository: fleet, branch: next, cluster: lab, namespace: next }\n',
);
const WITH_PREVIEW = `${withRepository('credentials: env:T')}key: env:K
previews:
  - name: shop-pr-{{number}}
    repository: fleet
    pullRequest: { label: preview, into: main }
    cluster: lab
    namespace: shop-pr-{{number}}
`;
const WITH_CHANNEL = `${TEXT}    notify: [team]\nchannels:\n  team: { kind: forge-chat, url: env:URL }\n`;

let opened: Deployer | null = null;
afterEach(async () => {
  await opened?.stop();
  opened = null;
});

interface Opening extends Partial<DeployerOptions> {
  readonly text?: string;
}

async function open({ text = TEXT, ...options }: Opening = {}): Promise<{
  deployer: Deployer;
  sent: readonly QueueMessage[];
  log: readonly Parameters<Log>[0][];
}> {
  const read = readConfig({ text, path: '/etc/headgate/headgate.yml' }, { channels: [chat] });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const sent: QueueMessage[] = [];
  const log: Parameters<Log>[0][] = [];
  const queue: MessageQueue = {
    send: async (messages) => {
      sent.push(...messages);
    },
  };
  const given = { config: read.config, queue, log: (line: Parameters<Log>[0]) => void log.push(line) };
  opened = await openDeployer({ ...given, secrets: async () => SECRET, ...options });
  return { deployer: opened, sent, log };
}

function delivery(secret: string) {
  const repository = { id: 1, full_name: 'acme/fleet' };
  const push = { ref: 'refs/heads/main', after: REVISION, repository, commits: [], forced: false };
  const body = Buffer.from(JSON.stringify({ ...push, before: 'b'.repeat(40), created: false, deleted: false }));
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': 'd-1',
    'x-hub-signature-256': `sha256=${hmacSha256(secret, body).toString('hex')}`,
  };
  return { method: 'POST', path: '/webhooks/fleet', headers, body };
}

const signal = new AbortController().signal;

describe('a deployer of the toolkit', () => {
  it('puts an authentic push into the queue, as a message without secrets, and no other', async () => {
    const { deployer, sent } = await open();
    expect((await deployer.receive(delivery('another secret'), signal)).status).toBe(401);
    expect(sent).toEqual([]);
    expect(await deployer.receive(delivery(SECRET), signal)).toMatchObject({
      status: 202,
      body: { queued: ['shop-prod'], delivery: 'd-1' },
    });
    expect(sent).toMatchObject([{ kind: 'deploy', group: 'shop-prod', afterMs: 0 }]);
    expect(sent[0]?.body).toContain(REVISION);
    expect(JSON.stringify(sent)).not.toContain(SECRET);
  });

  it('answers 503 while the queue does not store messages', async () => {
    const queue: MessageQueue = { send: () => Promise.reject(new Error('full')) };
    const { deployer } = await open({ queue });
    expect((await deployer.receive(delivery(SECRET), signal)).status).toBe(503);
  });

  it('gives back a message that comes early or whose channel does not answer, and refuses what is not a message', async () => {
    const { deployer, log } = await open({
      text: WITH_CHANNEL,
      channels: [chat],
      secrets: async () => 'http://127.0.0.1:9',
    });
    const serve = (kind: QueueMessage['kind'], body: object | string) =>
      deployer.serve({ kind, body: typeof body === 'string' ? body : JSON.stringify(body), tries: 1 });
    for (const kind of ['deploy', 'check', 'notice'] as const)
      expect(await serve(kind, 'words')).toEqual({ kind: 'unreadable' });
    const request = { target: 'gone', trigger: { kind: 'sweep' }, hint: null, at: new Date().toISOString() };
    const early = await serve('deploy', { ...request, notBeforeMs: Date.now() + 90_000 });
    expect(early).toMatchObject({
      kind: 'again',
      afterSeconds: expect.toSatisfy((seconds: number) => seconds > 80 && seconds <= 90),
    });
    // The target is no longer in headgate.yml.
    expect(await serve('deploy', request)).toEqual({ kind: 'done' });
    const notice = {
      id: '1',
      channel: 'team',
      target: 'shop-prod',
      repository: 'fleet',
      delivery: 'd-1',
      event: 'deployed',
      severity: 'info',
      resolves: true,
      revision: null,
      text: 'deployed',
      details: [],
      more: 0,
    };
    expect(await serve('notice', { ...notice, at: new Date().toISOString() })).toMatchObject({ kind: 'again' });
    // A day later it is noise.
    expect(await serve('notice', { ...notice, at: '2026-01-01T00:00:00Z' })).toEqual({ kind: 'done' });
    const lines = log.filter(({ message }) => message === 'not-notified').map(({ level }) => level);
    expect(lines).toEqual(['warn', 'error']);
  }, 30_000);

  it.each<[string, Opening, object]>([
    [
      'a kind of channel without a renderer',
      { text: WITH_CHANNEL },
      { code: 'config-invalid', subject: 'channel team' },
    ],
    [
      'pull requests to plan',
      {
        text: `key: env:K\n${TEXT}`.replace(
          'webhookSecret',
          'credentials: env:T\n    pullRequests: { plan: true }\n    webhookSecret',
        ),
      },
      { code: 'config-invalid', message: 'a deployer of the toolkit does not plan pull requests yet' },
    ],
    [
      'outcomes to record in Git',
      { text: TEXT.replace('webhookSecret', 'write: env:W\n    record: refs\n    webhookSecret') },
      { code: 'config-invalid', message: 'a deployer of the toolkit does not write refs to Git yet' },
    ],
    [
      'versions to promote',
      { text: `${TWO_STAGES}promotions: [{ name: shop, stages: [shop-prod, shop-next] }]\n` },
      { code: 'config-invalid', message: 'a deployer of the toolkit does not promote versions yet' },
    ],
    [
      'previews of pull requests',
      { text: WITH_PREVIEW },
      { code: 'config-invalid', message: 'a deployer of the toolkit does not deploy previews of pull requests yet' },
    ],
    [
      'a secret that the store does not have',
      { secrets: () => Promise.reject(new Error('no such entry')) },
      {
        code: 'secret-missing',
        message: 'the secret env:FLEET_WEBHOOK_SECRET cannot be read: no such entry',
      },
    ],
    ['an empty secret', { secrets: async () => '\n' }, { code: 'secret-missing' }],
    [
      'a store that does not answer',
      {
        secrets: () =>
          Promise.reject(
            new DeployError('host-unreachable', { subject: 'vault', message: 'is down', remedy: 'Wait.' }),
          ),
      },
      { code: 'host-unreachable' },
    ],
    [
      'a renderer whose name the state cannot record',
      { renderers: [{ name: 'my lists', version: '1', files: ['main.list'], render: async () => '' }] },
      { message: expect.stringContaining('"my lists" cannot name a renderer') },
    ],
  ])('does not start with %s', async (_what, options, error) => {
    await expect(open(options)).rejects.toMatchObject(error);
  });
});
