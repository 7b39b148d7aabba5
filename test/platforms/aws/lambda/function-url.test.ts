import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerFunctionUrl, BODY_LIMIT_BYTES } from '../../../../src/platforms/aws/lambda/function-url.ts';
import type { Reception } from '../../../../src/deploy/webhook/receive.ts';
import type { DeployRequest } from '../../../../src/deploy/ports/request.ts';
import { aConfig, aRepository, aTarget } from '../../../githost/builders.ts';
import { EXAMPLES } from '../../../githost/github/examples.ts';

const SECRET = 'shared';
const signal = new AbortController().signal;
const queued: DeployRequest[] = [];
const rotation = { secrets: [SECRET], asked: 0 };

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
    rotation.asked += 1;
    return rotation.secrets;
  },
  queue: { send: async (requests) => void queued.push(...requests) },
  randomId: () => 'made-here',
  nowMs: () => 0,
  log: () => undefined,
};

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isBase64?: boolean;
  readonly secret?: string;
}

/** An event as Lambda documents it, payload format 2.0. */
function ask({ path = '/webhooks/fleet', method = 'POST', body = Buffer.alloc(0), headers = {}, ...more }: Asked) {
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
  Object.assign(rotation, { secrets: [SECRET], asked: 0 });
});

const push = Buffer.from(JSON.stringify({ ...example, note: 'é – \u{1f600}' }));

describe('the function URL', () => {
  it.each([[false], [true]])('queues a signed push, and says so with 202 (base64: %s)', async (isBase64) => {
    const answer = await ask({ body: push, isBase64 });
    expect(answer).toEqual({
      statusCode: 202,
      headers: { 'content-type': 'application/json' },
      body: '{"queued":["shop"],"delivery":"d-1"}',
    });
    expect(queued).toMatchObject([{ target: 'shop', trigger: { kind: 'delivery', id: 'd-1' } }]);
  });

  it('takes header names in any case', async () => {
    const answer = await ask({ body: push, headers: { 'X-GitHub-Delivery': 'd-2' } });
    expect(answer.statusCode).toBe(202);
  });

  it.each<[string, Asked, number]>([
    ['another method', { method: 'PUT' }, 405],
    ['a body that says it is too large', { headers: { 'content-length': String(BODY_LIMIT_BYTES + 1) } }, 413],
    ['a body that is too large', { body: Buffer.alloc(BODY_LIMIT_BYTES + 1, 97) }, 413],
    ['no JSON', { headers: { 'content-type': 'text/plain' } }, 415],
    ['an unknown repository', { path: '/webhooks/none' }, 404],
    ['a wrong signature', { body: push, secret: 'wrong' }, 401],
    ['bytes that are no text', { body: Buffer.from([0xff, 0xfe]), isBase64: true }, 401],
    ['signed nonsense', { body: Buffer.from('{') }, 400],
    ['a ping', { body: push, headers: { 'x-github-event': 'ping' } }, 200],
    ['a question after its health', { path: '/healthz', method: 'GET' }, 200],
  ])('answers %s as the interface says', async (_name, asked, status) => {
    const answer = await ask(asked);
    expect(answer.statusCode).toBe(status);
    expect(() => JSON.parse(answer.body) as unknown).not.toThrow();
    expect(queued).toEqual([]);
  });

  it('looks at the secrets again before it calls a signature wrong, and only then', async () => {
    expect((await ask({ body: push })).statusCode).toBe(202);
    expect(rotation.asked).toBe(0);
    rotation.secrets = ['rotated'];
    expect((await ask({ body: push, secret: 'rotated' })).statusCode).toBe(202);
    expect(rotation.asked).toBe(1);
  });
});
