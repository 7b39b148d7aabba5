import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, createSecureServer } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSessions } from '../../../src/cluster/api/connection.ts';
import type { ConnectionOptions, SessionPool } from '../../../src/cluster/api/connection.ts';
import { openSession } from '../../../src/cluster/api/session.ts';
import { DeployError } from '../../../src/error/deploy-error.ts';
import type { ClusterAccess } from '../../../src/cluster/api/access.ts';

const signal = new AbortController().signal;
const directory = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
let cert = '';
let key = '';
let otherCa = '';

beforeAll(() => {
  ({ cert, key } = selfSigned('one'));
  otherCa = selfSigned('other').cert;
});

/** All have the same subject, like the old and new authority of one EKS cluster. */
function selfSigned(name: string) {
  const file = (extension: string) => join(directory, `${name}.${extension}`);
  const command =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', [...command.split(' '), '-keyout', file('key'), '-out', file('crt')], { stdio: 'ignore' });
  return { cert: readFileSync(file('crt'), 'utf8'), key: readFileSync(file('key'), 'utf8') };
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly impersonated: unknown;
}

let server: Http2SecureServer;
let pool: SessionPool;
let sessions: ServerHttp2Session[];
let seen: Seen[];

async function serve(answer: (stream: ServerHttp2Stream, n: number) => void) {
  sessions = [];
  seen = [];
  server = createSecureServer({ cert, key });
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    seen.push({
      path: String(headers[':path']),
      authorization: headers.authorization,
      impersonated: headers['impersonate-user'],
    });
    answer(stream, seen.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  pool = openSessions();
  const port = (server.address() as AddressInfo).port;
  const access: ClusterAccess = {
    server: `https://127.0.0.1:${port}/base`,
    ca: cert,
    tlsServerName: null,
    clientCertificate: null,
    token: null,
    renew: null,
  };
  const options = {
    userAgent: () => 'headgate/test',
    impersonate: null,
    requestTimeoutMs: 2000,
    wait: (ms: number) => pause(Math.min(ms, 5)),
  };
  const connect = (more: Partial<ClusterAccess> = {}, other: Partial<ConnectionOptions> = {}) =>
    pool.connect({ ...access, ...more }, { ...options, ...other });
  return { connect, access };
}

afterEach(async () => {
  pool.close();
  for (const session of sessions) session.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const ok = (stream: ServerHttp2Stream) => {
  const warning = String.raw`299 - "unknown field", 299 - "and, \"another\""`;
  stream.respond({ ':status': 200, warning, date: 'Thu, 01 Jan 2026 00:00:00 GMT' });
  stream.end('{}');
};
const get = { method: 'GET', path: '/api' } as const;

describe('a connection to the API server', () => {
  it('sends 50 concurrent requests and the next one over one TCP connection', async () => {
    const { connect } = await serve(ok);
    const connection = connect();
    await Promise.all(Array.from({ length: 50 }, () => connection.request(get, signal)));
    const answer = await connection.request(get, signal);
    expect(sessions).toHaveLength(1);
    expect(connection.usage.requests).toBe(51);
    expect(seen[0]?.path).toBe('/base/api');
    expect(answer).toEqual({
      status: 200,
      text: '{}',
      warnings: ['unknown field', 'and, "another"'],
      date: Date.UTC(2026, 0, 1),
    });
  });

  it('refuses every request with a client certificate that cannot be read, and leaves none waiting', async () => {
    const { connect } = await serve(ok);
    const connection = connect({ clientCertificate: { cert: 'no PEM', key: 'no PEM' } });
    for (let n = 0; n < 40; n += 1) await expect(connection.request(get, signal)).rejects.toThrow('PEM');
  });

  it('renews the access when the certificate is not trusted, and repeats every request once', async () => {
    const { connect, access } = await serve(ok);
    let renewals = 0;
    const stale = connect({
      ca: otherCa,
      renew: () => {
        renewals += 1;
        return Promise.resolve({ ...access, ca: `${otherCa}${cert}` });
      },
    });
    const post = { method: 'POST', path: '/api', body: '{}' } as const;
    const answers = await Promise.all([stale.request(post, signal), stale.request(get, signal)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await stale.request(get, signal)).status).toBe(200);
    expect(renewals).toBeGreaterThan(0);
    expect(renewals).toBeLessThan(3);

    const renew = () => Promise.resolve({ ...access, ca: otherCa });
    const untrusted = connect({ ca: otherCa, renew }).request(get, signal);
    await expect(untrusted).rejects.toMatchObject({ code: 'cluster-unreachable' });
    await expect(connect({ ca: otherCa }).request(get, signal)).rejects.toMatchObject({ code: 'cluster-unreachable' });
  });

  it('is reopened after the server has closed it', async () => {
    const { connect } = await serve(ok);
    const connection = connect();
    await connection.request(get, signal);
    sessions[0]?.goaway();
    sessions[0]?.close();
    await pause(50);
    expect((await connection.request(get, signal)).status).toBe(200);
    expect(sessions).toHaveLength(2);
  });

  it('repeats an idempotent request when it breaks, and never a POST', async () => {
    const { connect } = await serve((stream, n) =>
      n === 1 ? ok(stream) : n === 2 || n === 4 ? stream.session?.destroy() : ok(stream),
    );
    const connection = connect();
    await connection.request(get, signal);
    expect((await connection.request({ method: 'PATCH', path: '/x', body: '{}' }, signal)).status).toBe(200);
    await expect(connection.request({ method: 'POST', path: '/x', body: '{}' }, signal)).rejects.toMatchObject({
      code: 'cluster-unreachable',
    });
    expect(seen).toHaveLength(4);
  });

  it('sends even a POST again when the server refused its stream', async () => {
    const { connect } = await serve((stream, n) =>
      n === 1 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : ok(stream),
    );
    expect((await connect().request({ method: 'POST', path: '/x', body: '{}' }, signal)).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it('gets every answer of a server that ends each connection after a few requests', async () => {
    const counts = new Map<unknown, number>();
    const { connect } = await serve((stream) => {
      const count = (counts.get(stream.session) ?? 0) + 1;
      counts.set(stream.session, count);
      if (count === 15) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
      if (count > 15) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else ok(stream);
    });
    const connection = connect();
    const all = Array.from({ length: 100 }, () =>
      connection.request({ method: 'POST', path: '/x', body: '{}' }, signal),
    );
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200));
  });

  it('fails when the server refuses every stream', async () => {
    const { connect } = await serve((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    await expect(connect().request(get, signal)).rejects.toMatchObject({ code: 'cluster-unreachable' });
  });

  it.each([
    ['a redirect', 302, '{}'],
    ['a web page', 200, '<html>planted-text</html>'],
    ['a web page', 404, '\n<!doctype html>planted-text'],
    ['no complete JSON object', 200, '{"kind":"ConfigMap","planted-text'],
    ['no complete JSON object', 200, 'planted-text'],
    ['no complete JSON object', 200, ''],
  ])('takes %s with status %i for a failure of the world, and does not repeat it: %j', async (what, status, text) => {
    const { connect } = await serve((stream) => {
      stream.respond({ ':status': status });
      stream.end(text);
    });
    const failed: unknown = await connect()
      .request(get, signal)
      .catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({
      code: 'cluster-broken',
      message: `the response is not from the API server: ${what} (HTTP status ${status})`,
    });
    expect((failed as Error).stack).not.toContain('planted-text');
  });

  it('returns what the API server says of a path that it does not serve', async () => {
    const { connect } = await serve((stream) => {
      stream.respond({ ':status': 404 });
      stream.end('404 page not found\n');
    });
    expect(await connect().request(get, signal)).toMatchObject({ status: 404, text: '404 page not found\n' });
  });

  it('waits for as long as Retry-After requests, and fails if that is too long', async () => {
    const { connect } = await serve((stream, n) => {
      stream.respond({ ':status': n < 3 ? 429 : 200, 'retry-after': '1' });
      stream.end('{}');
    });
    expect((await connect().request(get, signal)).status).toBe(200);
    expect(seen).toHaveLength(3);
    server.removeAllListeners('stream');
    server.on('stream', (stream) => {
      stream.respond({ ':status': 429, 'retry-after': '60' });
      stream.end('{}');
    });
    await expect(connect().request(get, signal)).rejects.toMatchObject({
      code: 'cluster-throttled',
      retryAfterMs: 60_000,
    });
  });

  it('renews a rejected token once', async () => {
    const { connect } = await serve((stream) => {
      stream.respond({ ':status': seen.at(-1)?.authorization === 'Bearer new' ? 200 : 401 });
      stream.end('{}');
    });
    const tokens: boolean[] = [];
    const token = async (isRetry: boolean) => {
      tokens.push(isRetry);
      return isRetry ? 'new' : 'old';
    };
    expect((await connect({ token }).request(get, signal)).status).toBe(200);
    expect(tokens).toEqual([false, true]);
    await expect(connect({ token: async () => 'old' }).request(get, signal)).rejects.toMatchObject({
      code: 'cluster-unauthorized',
    });
  });

  it('fails a stalled request at its deadline, and an interrupted one at once', async () => {
    const { connect } = await serve(() => undefined);
    await expect(connect({}, { requestTimeoutMs: 50 }).request(get, signal)).rejects.toMatchObject({
      code: 'cluster-unreachable',
    });
    await expect(connect().request(get, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('is replaced after a request without a response', async () => {
    const { connect } = await serve((stream) => (seen.at(-1)?.path === '/base/lost' ? undefined : ok(stream)));
    const lost = connect({}, { requestTimeoutMs: 50 }).request({ method: 'GET', path: '/lost' }, signal);
    await expect(lost).rejects.toMatchObject({ code: 'cluster-unreachable' });
    expect((await connect().request(get, signal)).status).toBe(200);
    expect(sessions).toHaveLength(2);
  });

  it('fails when it is not established in time', async () => {
    const swallowing = createServer((socket) => void socket.on('error', () => undefined));
    await new Promise<void>((resolve) => swallowing.listen(0, '127.0.0.1', () => resolve()));
    const { port } = swallowing.address() as AddressInfo;
    const { access } = await serve(ok);
    const session = openSession({ ...access, server: `https://127.0.0.1:${port}` }, 100);
    const headers = { ':method': 'GET', ':path': '/' };
    const request = { headers, body: undefined, timeoutMs: 5000, canSend: () => true };
    await expect(session.send(request, signal)).rejects.toMatchObject({
      failure: 'unconnected',
      message: 'no connection within 0.1 s',
    });
    swallowing.close();
  });

  it('ends a request that waits for a free stream when its run is interrupted', async () => {
    const { connect } = await serve(() => undefined);
    const connection = connect();
    const others = Array.from({ length: 32 }, (_none, n) =>
      connection.request({ method: 'GET', path: `/${n}` }, signal).catch(() => undefined),
    );
    const stopping = new AbortController();
    const waiting = connection.request({ method: 'GET', path: '/late' }, stopping.signal);
    await vi.waitFor(() => expect(seen).toHaveLength(32), { timeout: 30_000, interval: 50 });
    stopping.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen.map(({ path }) => path)).not.toContain('/base/late');
    await Promise.all(others);
  });

  it('does not repeat a request once the lease has expired', async () => {
    const { connect } = await serve((stream) => {
      stream.respond({ ':status': 429, 'retry-after': '1' });
      stream.end('{}');
    });
    let rights = 1;
    const lost = new DeployError('lease-lost', { subject: 'x', message: 'x', remedy: 'x' });
    const fence = {
      isHeld: () => true,
      ensure: () => (rights-- > 0 ? Promise.resolve() : Promise.reject(lost)),
    };
    const patch = { method: 'PATCH', path: '/x', body: '{}', fence } as const;
    await expect(connect().request(patch, signal)).rejects.toBe(lost);
    expect(seen).toHaveLength(1);
  });

  it('renews the lease for a request whose turn came late', async () => {
    const { connect } = await serve(ok);
    let renewals = 0;
    const fence = {
      isHeld: () => renewals > 1,
      ensure: () => {
        renewals += 1;
        return Promise.resolve();
      },
    };
    await connect().request({ method: 'PATCH', path: '/x', body: '{}', fence }, signal);
    expect([renewals, seen.length]).toEqual([2, 1]);
  });

  it('trusts only the configured certificate authority', async () => {
    const { connect } = await serve(ok);
    await expect(connect({ ca: null }).request(get, signal)).rejects.toMatchObject({
      code: 'cluster-unreachable',
      message: expect.stringMatching(/certificate/),
    });
  });

  it.each([
    ['refuses the protocol', ['http/1.1']],
    ['says nothing of protocols', undefined],
  ])('says that a server that %s does not offer HTTP/2', async (_, protocols) => {
    const { connect } = await serve(ok);
    const old = createTlsServer({ cert, key, ALPNProtocols: protocols }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const { port } = old.address() as AddressInfo;
    try {
      const connection = connect({ server: `https://127.0.0.1:${port}` });
      await expect(connection.request(get, signal)).rejects.toMatchObject({
        code: 'cluster-unreachable',
        message:
          'the API server does not respond: it, or a proxy in front of it, does not offer HTTP/2, which Headgate requires',
      });
    } finally {
      old.close();
    }
  });

  it('impersonates a service account', async () => {
    const { connect } = await serve(ok);
    await connect({}, { impersonate: { namespace: 'shop', name: 'deployer' } }).request(get, signal);
    expect(seen[0]?.impersonated).toBe('system:serviceaccount:shop:deployer');
  });
});
