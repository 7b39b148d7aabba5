import { connect } from 'node:net';
import type { Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { BODY_LIMIT_BYTES } from '../../../src/deploy/webhook/receive.ts';
import type { Reception } from '../../../src/deploy/webhook/reception.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { HttpLimits, HttpServer } from '../../../src/platforms/local/http-server.ts';
import { aConfig, aPayload, aRepository, aTarget, REVISION, SECRET, sign, TREE } from '../../githost/builders.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';

const NEW_SECRET = 'the secret it is rotated to';
const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

/** What was queued, what was logged, and what fails. */
const queued: DeployRequest[] = [];
const logged: Parameters<Log>[0][] = [];
const broken = { queue: false, secrets: false };

const fleet = aRepository();
const named = aRepository({ name: 'named', id: null, fullName: 'Acme/Named' });
const plain = aRepository({ name: 'plain', host: 'git', fullName: 'plain', api: null });
const reception: Reception = {
  config: aConfig(
    [fleet, named, plain],
    [aTarget(), aTarget({ name: 'next', ref: 'refs/heads/next' }), aTarget({ name: 'named', repository: named })],
  ),
  version: '1.2.3',
  limitBytes: BODY_LIMIT_BYTES,
  secretsOf: async () => {
    if (broken.secrets) throw problem('secret-missing');
    return [NEW_SECRET, SECRET];
  },
  rotatedSecretsOf: async () => null,
  queue: {
    send: async (requests) => {
      if (broken.queue) throw problem('queue-unreachable');
      queued.push(...requests);
    },
  },
  randomId: () => 'made-here',
  nowMs: () => NOW_MS,
  log: (line) => logged.push(line),
};

function problem(code: 'secret-missing' | 'queue-unreachable'): DeployError {
  return new DeployError(code, { subject: 'the test', message: 'it is broken', remedy: 'Fix it.' });
}

let server: HttpServer;
beforeAll(async () => {
  server = await startHttpServer({ host: '127.0.0.1', port: 0 }, reception);
});
afterAll(() => server.close(100));
beforeEach(() => {
  queued.length = 0;
  logged.length = 0;
  Object.assign(broken, { queue: false, secrets: false });
});

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  /** '' removes a header. */
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask({
  path = '/webhooks/fleet',
  method = 'POST',
  body = JSON.stringify(aPayload()),
  headers = {},
}: Sent = {}) {
  const all = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': 'd-1',
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const kept = Object.entries(all).filter(([, value]) => value !== '');
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: kept,
    ...(hasBody ? { body: typeof body === 'string' ? body : new Uint8Array(body) } : {}),
  });
  const text = await answer.text();
  const read: Readonly<Record<string, unknown>> = JSON.parse(text);
  return { status: answer.status, text, body: read };
}

const json = (payload: unknown): string => JSON.stringify(payload);
const withPayload = (change: Readonly<Record<string, unknown>>): Sent => ({ body: json(aPayload(change)) });
const OVER = Buffer.alloc(BODY_LIMIT_BYTES + 1, 0x20);

describe('a webhook', () => {
  it('is queued for its targets, and the response names them', async () => {
    const { status, body } = await ask();
    expect({ status, body }).toEqual({ status: 202, body: { queued: ['shop'], delivery: 'd-1' } });
    expect(queued).toEqual([
      {
        target: 'shop',
        trigger: { kind: 'delivery', id: 'd-1' },
        hint: { revision: REVISION, rootTree: TREE, isForced: false },
        at: '2026-01-01T00:00:00.000Z',
      },
    ]);
    expect(logged).toEqual([
      {
        level: 'debug',
        message: 'receive',
        target: 'shop',
        repository: 'fleet',
        delivery: 'd-1',
        durationMs: 0,
        status: 202,
      },
    ]);
  });

  it.each([
    ['JSON with a charset', 'application/json; charset=utf-8', json(aPayload())],
    ['JSON with a suffix', 'application/vnd.github+json', json(aPayload())],
    ['a form', 'application/x-www-form-urlencoded', new URLSearchParams({ payload: json(aPayload()) }).toString()],
  ])('is accepted as %s', async (_name, type, body) => {
    expect((await ask({ body, headers: { 'content-type': type } })).status).toBe(202);
  });

  it.each([
    ['no id', ''],
    ['an id that no Git host sends', 'a "b"'],
  ])('with %s gets a delivery id', async (_name, id) => {
    expect((await ask({ headers: { 'x-github-delivery': id } })).body).toMatchObject({ delivery: 'made-here' });
  });

  it('is never taken for a sweep or a command, whatever its unsigned id is', async () => {
    for (const id of ['sweep', 'cli']) {
      expect((await ask({ headers: { 'x-github-delivery': id } })).status).toBe(202);
      expect(queued.at(-1)?.trigger).toEqual({ kind: 'delivery', id });
    }
  });

  it('may be signed with either secret during a rotation', async () => {
    const body = json(aPayload());
    expect((await ask({ body, headers: { 'x-hub-signature-256': sign(body, NEW_SECRET) } })).status).toBe(202);
    expect((await ask({ body, headers: { 'x-hub-signature-256': sign(body, SECRET) } })).status).toBe(202);
  });

  it('may be any kind of JSON', async () => {
    expect((await ask({ headers: { 'content-type': 'application/vnd.github+json; charset=utf-8' } })).status).toBe(202);
  });

  it('may be form-encoded', async () => {
    const body = new URLSearchParams({ payload: json(aPayload()) }).toString();
    expect((await ask({ body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(202);
  });

  it.each([
    [
      '405: another method',
      { method: 'PUT', path: '/webhooks/unknown', body: 'x' },
      405,
      /method not allowed: send webhooks with POST$/,
    ],
    [
      '413: over the limit',
      { body: OVER, headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } },
      413,
      /^the body is larger than 26214400 bytes$/,
    ],
    [
      '415: not JSON',
      { path: '/webhooks/unknown', body: OVER, headers: { 'content-type': 'text/plain' } },
      415,
      /application\/json/,
    ],
    ['415: no content type', { headers: { 'content-type': ' ' } }, 415, /application\/json/],
    ['401: an unknown repository', { path: '/webhooks/unknown', body: OVER }, 401, /signature/],
    ['401: a repository without a webhook', { path: '/webhooks/plain' }, 401, /signature/],
    ['401: a path below a repository', { path: '/webhooks/fleet/x' }, 401, /signature/],
    [
      '401: a proof that is not well-formed, before its body',
      { body: OVER, headers: { 'x-hub-signature-256': 'sha256=0' } },
      401,
      /signature/,
    ],
    ['404: another path', { path: '/' }, 404, /send webhooks to \/webhooks\/<repository>/],
    [
      '401: unsigned, before anything is parsed',
      { body: 'no JSON', headers: { 'x-hub-signature-256': '' } },
      401,
      /signature/,
    ],
    [
      '400: another repository’s id',
      withPayload({ repository: { id: 43, full_name: 'acme/fleet' } }),
      400,
      /another repository/,
    ],
    ['400: not JSON', { body: 'no JSON' }, 400, 'the body is not JSON'],
    ['400: no push', { body: '{}' }, 400, /the push event has missing or invalid fields: ref, after, repository/],
    [
      '400: another repository’s ping',
      { body: json({ repository: { id: 43, full_name: 'a/b' } }), headers: { 'x-github-event': 'ping' } },
      400,
      /another repository/,
    ],
  ] satisfies readonly (readonly [string, Sent, number, string | RegExp])[])(
    'is refused with %s',
    async (_name, sent, status, text) => {
      const answer = await ask(sent);
      expect(answer.status).toBe(status);
      expect(Object.keys(answer.body)).toEqual(['error']);
      expect(answer.body['error']).toMatch(text);
      expect(queued).toEqual([]);
    },
  );

  it('may have exactly the size of the limit', async () => {
    const text = json(aPayload());
    const body = Buffer.concat([Buffer.from(text), Buffer.alloc(BODY_LIMIT_BYTES - Buffer.byteLength(text), 0x20)]);
    expect((await ask({ body })).status).toBe(202);
  });

  it('gets the same response for every kind of wrong signature', async () => {
    const notUtf8 = Buffer.from([0x7b, 0xff, 0x7d]);
    const answers = await Promise.all([
      ask({ headers: { 'x-hub-signature-256': '' } }),
      ask({ headers: { 'x-hub-signature-256': 'sha256=' } }),
      ask({ headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } }),
      ask({ headers: { 'x-hub-signature-256': sign(json(aPayload()), 'wrong') } }),
      ask({ headers: { 'x-hub-signature-256': '', 'x-hub-signature': `sha1=${'0'.repeat(40)}` } }),
      ask({ body: notUtf8 }),
      ask({ body: '' }),
      ask({ path: '/webhooks/named', headers: { 'x-hub-signature-256': '' } }),
      ask({ path: '/webhooks/unknown' }),
      ask({ path: '/webhooks/plain' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(queued).toEqual([]);
  });

  it('must have the full name of the repository, in any case, when no id is configured', async () => {
    const path = '/webhooks/named';
    const from = (fullName: string): Sent => ({ path, ...withPayload({ repository: { id: 1, full_name: fullName } }) });
    expect((await ask(from('acme/NAMED'))).status).toBe(202);
    expect((await ask(from('acme/fleet'))).status).toBe(400);
  });

  it.each([
    ['ping', { body: json({ zen: 'x' }), headers: { 'x-github-event': 'ping' } }],
    [
      'event "issues"',
      { body: json({ repository: { id: 42, full_name: 'acme/fleet' } }), headers: { 'x-github-event': 'issues' } },
    ],
    ['the ref is a tag, and targets follow branches', withPayload({ ref: 'refs/tags/v1' })],
    ['branch "main" was deleted', withPayload({ deleted: true, after: '0'.repeat(40), head_commit: null })],
    ['no target follows refs/heads/feature', withPayload({ ref: 'refs/heads/feature' })],
    ['no path of a target changed', withPayload({ commits: [{ added: [], modified: [], removed: [] }] })],
  ] satisfies readonly (readonly [string, Sent])[])(
    'is ignored, and the response says why: %s',
    async (reason, sent) => {
      const { status, body } = await ask(sent);
      expect({ status, body }).toEqual({ status: 200, body: { ignored: reason } });
      expect(queued).toEqual([]);
    },
  );

  it.each(['queue', 'secrets'] as const)(
    'is refused with 503 when the %s cannot be reached, and the log has the error',
    async (part) => {
      broken[part] = true;
      const { status, text } = await ask();
      expect(status).toBe(503);
      expect(text).not.toContain('it is broken');
      expect(logged).toMatchObject([
        { level: 'error', message: 'receive', status: 503, errors: [{ message: 'it is broken', remedy: 'Fix it.' }] },
      ]);
    },
  );

  it('never causes an internal error, whatever its content', async () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc
        .dictionary(fc.constantFrom(...Object.keys(aPayload())), fc.jsonValue())
        .map((change) => json(aPayload(change))),
    );
    const header = fc.constantFrom('push', 'ping', 'issues', '');
    const type = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain');
    await fc.assert(
      fc.asyncProperty(anything, header, type, fc.boolean(), async (body, event, contentType, isSigned) => {
        const signature = isSigned ? {} : { 'x-hub-signature-256': 'sha256=x' };
        const { status } = await ask({
          body,
          headers: { 'x-github-event': event, 'content-type': contentType, ...signature },
        });
        expect([200, 202, 400, 401, 415]).toContain(status);
        expect([200, 202, 400].includes(status) && !isSigned).toBe(false);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('the health check', () => {
  it('returns the version, and accepts only GET', async () => {
    const { status, body } = await ask({ method: 'GET', path: '/healthz?probe=1' });
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok', version: '1.2.3' } });
    expect((await ask({ path: '/healthz' })).status).toBe(405);
  });
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket.on('error', () => undefined);
}

async function textOf(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(parts).toString();
}

describe('the HTTP server', () => {
  const PROOF = `x-hub-signature-256: sha256=${'0'.repeat(64)}`;
  const HEAD = `POST /webhooks/fleet HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${PROOF}\r\n`;
  const LIMITS: HttpLimits = {
    headersMs: 5_000,
    requestMs: 5_000,
    answerMs: 1_000,
    silenceMs: 5_000,
    connections: 100,
    bytesInFlight: BODY_LIMIT_BYTES,
  };

  async function serve(limits: Partial<HttpLimits>) {
    const limited = await startHttpServer({ host: '127.0.0.1', port: 0, limits: { ...LIMITS, ...limits } }, reception);
    const dial = async () => {
      const socket = connect(Number(new URL(limited.url).port), '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      return socket;
    };
    return { ...limited, dial };
  }

  it('closes the connection without reading the body of a request that is too large', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`${HEAD}expect: 100-continue\r\ncontent-length: ${BODY_LIMIT_BYTES + 1}\r\n\r\n`);
    expect(await text).toMatch(/^HTTP\/1\.1 413 [^]*connection: close/i);
  });

  it('answers Expect: 100-continue for an acceptable request', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`${HEAD}expect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write('{}');
    expect(await text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 /);
  });

  it('stops reading a body without a length at the limit', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    const chunk = `100000\r\n${' '.repeat(1024 * 1024)}\r\n`;
    const sent = await new Promise<number>((resolve) => {
      let chunks = 0;
      const more = () => {
        chunks += 1;
        if (chunks > 200 || !socket.writable) resolve(chunks);
        else socket.write(chunk, more);
      };
      socket.once('close', () => resolve(chunks));
      more();
    });
    expect(await text).toMatch(/^HTTP\/1\.1 413 /);
    // What the two ends hold in their buffers comes on top of the 25 MB that were read.
    expect(sent).toBeLessThan(60);
  });

  it('answers a request that is not HTTP with 400', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write('nonsense\r\n\r\n');
    expect(await text).toMatch(/^HTTP\/1\.1 400 [^]*\{"error":"the request is not valid HTTP"\}$/);
  });

  it('reports a remedy when the port is in use', async () => {
    const port = Number(new URL(server.url).port);
    await expect(startHttpServer({ host: '127.0.0.1', port }, reception)).rejects.toMatchObject({
      code: 'usage',
      subject: `127.0.0.1:${port}`,
    });
  });

  it('holds no more than its limit of bodies that are not complete, and accepts others again afterwards', async () => {
    const body = json(aPayload());
    const limited = await serve({ bytesInFlight: 3 * body.length });
    const head = `${HEAD}connection: close\r\n`;
    const held = await Promise.all([limited.dial(), limited.dial()]);
    for (const socket of held) socket.write(`${head}content-length: ${body.length + 1}\r\n\r\n${body}`);
    const post = async () => {
      const headers = {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-hub-signature-256': sign(body),
      };
      return (await fetch(`${limited.url}/webhooks/fleet`, { method: 'POST', headers, body })).status;
    };
    // The third fits, and a fourth does not.
    await vi.waitFor(async () => expect(await post()).toBe(202), { timeout: 30_000, interval: 50 });
    const more = await limited.dial();
    more.write(`${head}content-length: ${body.length + 1}\r\n\r\n${body}`);
    await vi.waitFor(async () => expect(await post()).toBe(503), { timeout: 30_000, interval: 50 });
    for (const socket of [...held, more]) socket.destroy();
    await vi.waitFor(async () => expect(await post()).toBe(202), { timeout: 30_000, interval: 50 });
    await limited.close(0);
  });

  it('closes a connection that sends nothing', async () => {
    const limited = await serve({ silenceMs: 100 });
    expect(await textOf(await limited.dial())).toBe('');
    await limited.close(0);
  });

  it('takes no more connections than its limit', async () => {
    const limited = await serve({ connections: 2 });
    const accepted = [await limited.dial(), await limited.dial()];
    expect(await textOf(await limited.dial())).toBe('');
    for (const socket of accepted) socket.destroy();
    await limited.close(0);
  });

  it('times out a client that sends too slowly', async () => {
    const hasty = await serve({ headersMs: 100, requestMs: 200 });
    const socket = await hasty.dial();
    const text = textOf(socket);
    socket.write(`${HEAD}content-length: 10\r\n\r\n{`);
    expect(await text).toMatch(/^HTTP\/1\.1 408 [^]*\{"error":"the request took too long"\}$/);
    await hasty.close(0);
  });

  it('closes in time even if a client keeps its request open', async () => {
    const closing = await startHttpServer({ host: '127.0.0.1', port: 0 }, reception);
    const socket = connect(Number(new URL(closing.url).port), '127.0.0.1');
    socket.on('error', () => undefined).write(`${HEAD}content-length: 10\r\nexpect: 100-continue\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    const cut = new Promise((resolve) => socket.once('close', resolve));
    await closing.close(50);
    await cut;
    await expect(fetch(`${closing.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
