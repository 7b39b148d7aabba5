import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerFunctionUrl, BODY_LIMIT_BYTES } from '../../../../src/platforms/aws/lambda/function-url.ts';
import type { Reception } from '../../../../src/deploy/webhook/reception.ts';
import type { DeployRequest } from '../../../../src/deploy/ports/request.ts';
import { aConfig, aRepository, aTarget } from '../../../githost/builders.ts';
import { EXAMPLES } from '../../../githost/github/examples.ts';

const SECRET = 'shared';
const signal = new AbortController().signal;
const queued: DeployRequest[] = [];
const rotation = { secrets: [SECRET], reads: 0 };

const example =
  EXAMPLES.find(({ name }) => name === 'push')?.examples.find(({ ref }) => ref === 'refs/heads/master') ?? {};
const named = example['repository'] as { id: number; full_name: string };
const repository = aRepository({ id: String(named.id), fullName: named.full_name });
const reception: Reception = {
  config: aConfig([repository], [aTarget({ repository, ref: String(example['ref']) })]),
  version: '1.2.3',
  limitBytes: BODY_LIMIT_BYTES,
  secretsOf: async () => [SECRET],
  rotatedSecretsOf: async () => {
    rotation.reads += 1;
    return rotation.secrets;
  },
  queue: { send: async (requests) => void queued.push(...requests) },
  randomId: () => 'made-here',
  nowMs: () => 0,
  log: () => undefined,
};

interface TestRequest {
  readonly path?: string;
  readonly method?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isBase64?: boolean;
  readonly secret?: string;
}

/** Sends an event in payload format 2.0, as Lambda documents it. */
function send({
  path = '/webhooks/fleet',
  method = 'POST',
  body = Buffer.alloc(0),
  headers = {},
  ...more
}: TestRequest) {
  const { isBase64 = false, secret = SECRET } = more;
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-hub-signature-256': signature,
      'x-github-delivery': 'd-1',
      ...headers,
    },
    requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' } },
    body: body.toString(isBase64 ? 'base64' : 'utf8'),
    isBase64Encoded: isBase64,
  };
  return answerFunctionUrl(event, reception, signal);
}

beforeEach(() => {
  queued.length = 0;
  Object.assign(rotation, { secrets: [SECRET], reads: 0 });
});

const push = Buffer.from(JSON.stringify({ ...example, note: 'é – \u{1f600}' }));

describe('the function URL', () => {
  it.each([[false], [true]])('queues a signed push and answers 202 (base64: %s)', async (isBase64) => {
    const answer = await send({ body: push, isBase64 });
    expect(answer).toEqual({
      statusCode: 202,
      headers: { 'content-type': 'application/json' },
      body: '{"queued":["shop"],"delivery":"d-1"}',
    });
    expect(queued).toMatchObject([{ target: 'shop', trigger: { kind: 'delivery', id: 'd-1' } }]);
  });

  it('accepts header names in any case', async () => {
    const answer = await send({ body: push, headers: { 'X-GitHub-Delivery': 'd-2' } });
    expect(answer.statusCode).toBe(202);
  });

  it.each<[string, TestRequest, number]>([
    ['another method', { method: 'PUT' }, 405],
    ['a content-length above the limit', { headers: { 'content-length': String(BODY_LIMIT_BYTES + 1) } }, 413],
    ['a body above the limit', { body: Buffer.alloc(BODY_LIMIT_BYTES + 1, 97) }, 413],
    ['a content type other than JSON', { headers: { 'content-type': 'text/plain' } }, 415],
    ['an unknown repository', { path: '/webhooks/none' }, 401],
    ['a wrong signature', { body: push, secret: 'wrong' }, 401],
    ['invalid UTF-8', { body: Buffer.from([0xff, 0xfe]), isBase64: true }, 401],
    ['signed but invalid JSON', { body: Buffer.from('{') }, 400],
    ['a ping', { body: push, headers: { 'x-github-event': 'ping' } }, 200],
    ['a health check', { path: '/healthz', method: 'GET' }, 200],
  ])('answers %s with its documented status', async (_name, request, status) => {
    const answer = await send(request);
    expect(answer.statusCode).toBe(status);
    expect(() => JSON.parse(answer.body) as unknown).not.toThrow();
    expect(queued).toEqual([]);
  });

  it('reads the secrets again before it refuses a signature, and only then', async () => {
    expect((await send({ body: push })).statusCode).toBe(202);
    expect(rotation.reads).toBe(0);
    rotation.secrets = ['rotated'];
    expect((await send({ body: push, secret: 'rotated' })).statusCode).toBe(202);
    expect(rotation.reads).toBe(1);
  });
});
