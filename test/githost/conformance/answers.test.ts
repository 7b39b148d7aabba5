import { describe, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES, receive } from '../../../src/deploy/webhook/receive.ts';
import type { Reception, WebhookRequest } from '../../../src/deploy/webhook/reception.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import { aConfig, aRepository, aTarget } from '../builders.ts';
import { hostOf } from '../../../src/githost/hosts.ts';
import { AZURE_DEVOPS } from './azure-devops-case.ts';
import { CASES, deliveryOf } from './cases.ts';
import { NEW, OLD, SENT_AT_MS, UPDATE } from './host-case.ts';
import type { HostCase, Sent, Signing } from './host-case.ts';

function repositoryOf({ host, url, api, fullName, id }: HostCase) {
  return { host, url, api, fullName, id };
}

/** What Headgate answers to a delivery of the host, and what it queues. */
function openReception(host: HostCase, nowMs = SENT_AT_MS) {
  const repository = aRepository(repositoryOf(host));
  const queued: DeployRequest[] = [];
  const reception: Reception = {
    config: aConfig(
      [repository],
      [aTarget({ repository }), aTarget({ name: 'next', ref: 'refs/heads/next', repository })],
    ),
    version: '1.2.3',
    limitBytes: BODY_LIMIT_BYTES,
    secretsOf: async () => [host.otherSecret, host.secret],
    rotatedSecretsOf: async () => null,
    queue: { send: async (requests) => void queued.push(...requests) },
    randomId: () => 'made-here',
    nowMs: () => nowMs,
    log: () => undefined,
  };
  return { reception, queued };
}

async function answerTo(host: HostCase, request: Partial<WebhookRequest>, nowMs?: number) {
  const { reception, queued } = openReception(host, nowMs);
  const { headers, body } = deliveryOf(host, host.push([UPDATE]));
  const whole = { method: 'POST', path: '/webhooks/fleet', headers, body, ...request };
  const answer = await receive(whole, reception, new AbortController().signal);
  return { status: answer.status, body: answer.body, queued };
}

function requestOf(host: HostCase, sent: Sent, signing: Partial<Signing> = {}): Partial<WebhookRequest> {
  const { headers, body } = deliveryOf(host, sent, { signing });
  return { headers, body };
}

/** What the others get instead: test/platforms/aws/lambda/codecommit-event.test.ts. */
const OVER_HTTP = CASES.filter(({ lacks }) => !lacks.includes('http'));

describe.each(CASES.filter((host) => !OVER_HTTP.includes(host)))(
  'the answer to an event of $name over HTTP',
  (host) => {
    it('is 401, whatever secret and headers it has', async () => {
      const proofs = OVER_HTTP.map(
        (other) => deliveryOf({ ...other, secret: host.secret }, other.push([UPDATE])).headers,
      );
      for (const headers of [deliveryOf(host, host.push([UPDATE])).headers, ...proofs])
        expect(await answerTo(host, { headers })).toMatchObject({ status: 401, queued: [] });
    });
  },
);

describe.each(OVER_HTTP)('the answer to a delivery of $name', (host) => {
  const push = host.push([UPDATE]);

  it('is 202 with the targets that it queued and its id', async () => {
    const { status, body, queued } = await answerTo(host, {});
    expect({ status, queued: body['queued'] }).toEqual({ status: 202, queued: ['shop'] });
    expect(queued).toMatchObject([{ target: 'shop', trigger: { id: body['delivery'] }, hint: { revision: NEW } }]);
    expect(body['delivery'] === 'made-here').toBe(host.lacks.includes('delivery-id'));
  });

  it('is 401, always the same, when it is unsigned or signed with another secret', async () => {
    const answers = await Promise.all([
      answerTo(host, requestOf(host, push, { secret: '' })),
      answerTo(host, requestOf(host, push, { secret: wrongSecretOf(host) })),
      answerTo(host, { ...requestOf(host, push), path: '/webhooks/other' }),
    ]);
    const unauthenticated = { status: 401, body: { error: 'the signature is missing or invalid' }, queued: [] };
    expect(answers).toEqual([unauthenticated, unauthenticated, unauthenticated]);
  });

  it('is 401 for bytes that are not UTF-8', async () => {
    const { headers, body } = deliveryOf(host, push, { body: Buffer.from([0x7b, 0xff, 0x7d]) });
    expect(await answerTo(host, { headers, body })).toMatchObject({ status: 401, queued: [] });
  });

  it('is 413 for a body that is too large, and 503 for one that does not fit in memory now', async () => {
    expect(await answerTo(host, { body: 'too-large' })).toMatchObject({ status: 413 });
    expect(await answerTo(host, { body: 'too-many' })).toMatchObject({ status: 503 });
  });

  it('is 415 for a body that is neither JSON nor a form', async () => {
    const { headers } = deliveryOf(host, push);
    expect(await answerTo(host, { headers: { ...headers, 'content-type': 'text/plain' } })).toMatchObject({
      status: 415,
    });
  });

  it('is 400 when it is for another repository, or not understood', async () => {
    const other = host.push([UPDATE], { id: '43', fullName: 'acme/other' });
    expect(await answerTo(host, requestOf(host, other))).toMatchObject({ status: 400, queued: [] });
    const { headers, body } = deliveryOf(host, push, { body: Buffer.from('<xml/>') });
    expect(await answerTo(host, { headers, body })).toMatchObject({ status: 400, queued: [] });
  });

  it('is 202 after the repository was renamed or transferred, when its id is known', async () => {
    const renamed = host.push([UPDATE], { id: host.id ?? '', fullName: 'umbrella/fleet' });
    expect(await answerTo(host, requestOf(host, renamed))).toMatchObject({ status: host.id === null ? 400 : 202 });
  });

  it('is 200 with the reason for a tag, a deleted branch, another branch and every other event', async () => {
    const changes = [
      { ref: 'refs/tags/v1', before: null, after: NEW },
      { ref: 'refs/heads/main', before: OLD, after: null },
      { ...UPDATE, ref: 'refs/heads/elsewhere' },
    ];
    for (const sent of [...changes.map((change) => host.push([change])), ...Object.values(host.others)]) {
      const { status, body, queued } = await answerTo(host, requestOf(host, sent));
      expect({ status, queued }).toEqual({ status: 200, queued: [] });
      expect(body['ignored']).not.toBe('');
    }
  });

  it('is 202 for each branch that a target follows, when one delivery has several', async () => {
    if (host.lacks.includes('several-refs')) return;
    const changes = ['main', 'elsewhere', 'next'].map((branch) => ({ ...UPDATE, ref: `refs/heads/${branch}` }));
    expect(await answerTo(host, requestOf(host, host.push(changes)))).toMatchObject({
      status: 202,
      body: { queued: ['shop', 'next'] },
    });
  });

  it('is 202 again when it is replayed after hours, unless the host signs the time', async () => {
    const { status } = await answerTo(host, {}, SENT_AT_MS + 5 * 3_600_000);
    expect(status).toBe(host.lacks.includes('signed-time') ? 202 : 401);
  });
});

describe('the answer to a delivery whose secret is in a header of headgate.yml', () => {
  const host = AZURE_DEVOPS;
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify(host.push([UPDATE]).payload));

  async function statusOf(sent: Readonly<Record<string, string>>): Promise<number> {
    const repository = aRepository({ ...repositoryOf(host), webhookHeader: 'x-token' });
    const { reception } = openReception(host);
    const config = aConfig([repository], [aTarget({ repository })]);
    const request = { method: 'POST', path: '/webhooks/fleet', headers: { ...headers, ...sent }, body };
    return (await receive(request, { ...reception, config }, new AbortController().signal)).status;
  }

  it('is 202 with it, and with either secret while it is rotated', async () => {
    expect(await statusOf({ 'x-token': host.secret })).toBe(202);
    expect(await statusOf({ 'x-token': host.otherSecret })).toBe(202);
  });

  it('is 401 with another value, without the header, and with what the host proves otherwise', async () => {
    const basic = deliveryOf(host, host.push([UPDATE])).headers['authorization'] ?? '';
    for (const sent of [{ 'x-token': 'wrong' }, { 'x-token': '' }, {}, { authorization: basic }])
      expect(await statusOf(sent)).toBe(401);
  });

  it('is set up by hand with the header instead of a user', async () => {
    const { manualText } = await hostOf(host).loadSetup();
    const repository = { url: host.url, fullName: host.fullName, pullRequests: false, webhookHeader: 'x-token' };
    const text = manualText(repository, 'https://headgate.example.com/webhooks/fleet');
    expect(text).toContain('x-token: the value that webhookSecret in headgate.yml refers to');
    expect(text).not.toContain('Basic');
  });
});

/** Well-formed, and not one of headgate.yml. */
function wrongSecretOf({ secret }: HostCase): string {
  return secret.startsWith('whsec_') ? `whsec_${Buffer.alloc(32, 7).toString('base64')}` : 'a wrong secret';
}
