import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Confirmed } from '../../../src/cli/page/activities.ts';
import { startPage } from '../../../src/cli/page/page-server.ts';
import type { LoopbackServer } from '../../../src/platforms/local/loopback-server.ts';
import { generatedReader, NOW } from '../../rig/page/generated-fleet.ts';

const HELD = 'mail-prod-eu-3';
const LIMITS = { headersMs: 300, requestMs: 600, silenceMs: 5_000, connections: 20 };
const reader = generatedReader(20);
const done: Confirmed[] = [];
const addresses: string[] = [];
let server: LoopbackServer;
let clock = NOW;

const activities = {
  start: (action: Confirmed) => done.push(action) > 0,
  of: () => null,
  settled: async () => undefined,
};

async function serve(hasActions: boolean): Promise<void> {
  server = await startPage({
    port: 0,
    option: '--port',
    reader,
    openActivities: hasActions ? () => activities : null,
    onAddress: (address) => addresses.push(address),
    log: () => undefined,
    nowMs: () => clock,
    limits: LIMITS,
  });
}

beforeEach(async () => {
  done.splice(0);
  addresses.splice(0);
  clock = NOW;
  await serve(true);
});
afterEach(() => server.close());

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as a program sends it: no browser adds or checks anything. */
async function ask(path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  const host = `127.0.0.1:${server.port}`;
  const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers: { host, ...headers } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** The cookie of a browser that has opened the printed address, and the token of its forms. */
async function signIn(): Promise<{ readonly cookie: string; readonly form: string }> {
  const { headers } = await ask(new URL(addresses.at(-1) ?? '').search.replace(/^/, '/'));
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const { text } = await ask(`/targets/${HELD}/hold`, { headers: { cookie } });
  return { cookie, form: /name="form"\s+value="([^"]+)"/.exec(text)?.[1] ?? '' };
}

const origin = () => `http://127.0.0.1:${server.port}`;
const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const HOLD = `/targets/${HELD}/hold`;
const PROMOTE = '/promotions/shop/shop-staging?from=shop-dev';

it('the page does what a signed-in browser confirms on its own form', async () => {
  const session = await signIn();
  const headers = { ...FORM, cookie: session.cookie, origin: origin() };
  const { status, headers: sent } = await ask(HOLD, {
    method: 'POST',
    headers,
    body: form({ form: session.form, reason: 'r' }),
  });
  expect([status, sent.location]).toEqual([303, `/targets/${HELD}`]);
  expect(done).toMatchObject([{ action: 'hold', reason: 'r' }]);
});

describe('an attack on the page', () => {
  it('by DNS rebinding gets nothing, even with the cookie', async () => {
    const { cookie } = await signIn();
    for (const host of [
      'attacker.example',
      `attacker.example:${server.port}`,
      '127.0.0.1.attacker.example',
      '0.0.0.0',
    ]) {
      const { status, text } = await ask('/', { headers: { cookie, host } });
      expect([400, 421], host).toContain(status);
      expect(text).not.toContain(HELD);
    }
  });

  it.each([
    ['another site', { origin: 'https://attacker.example' }],
    ['another port of this machine, whose requests carry the cookie', { origin: 'http://127.0.0.1:9999' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a client that sends no origin', {}],
  ])('by a form of %s changes nothing (CSRF)', async (_, from) => {
    const session = await signIn();
    const headers = { ...FORM, cookie: session.cookie, ...from };
    const { status } = await ask(HOLD, { method: 'POST', headers, body: form({ form: session.form, reason: 'r' }) });
    expect(status).toBe(403);
    expect(done).toEqual([]);
  });

  it('by a form without the token of the session, or with another type, changes nothing', async () => {
    const [first, second] = [await signIn(), await signIn()];
    const headers = { ...FORM, cookie: first.cookie, origin: origin() };
    const post = (body: string, more = {}) => ask(HOLD, { method: 'POST', headers: { ...headers, ...more }, body });
    expect((await post(form({ reason: 'r' }))).status).toBe(403);
    expect((await post(form({ form: second.form, reason: 'r' }))).status).toBe(403);
    expect((await post(form({ form: first.form, reason: 'r' }), { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await post(form({ form: first.form, reason: 'r'.repeat(20_000) }))).status).toBe(400);
    expect((await ask(`${HOLD}?form=${first.form}&reason=r`, { headers: { cookie: first.cookie } })).status).toBe(200);
    expect(done).toEqual([]);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    [{ origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' }],
  ])('by the fetch of another origin is refused, and no answer allows one to read it: %o', async (from) => {
    const { cookie } = await signIn();
    const { status, headers } = await ask('/', { headers: { cookie, ...from } });
    expect(status).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    const own = await ask('/', { headers: { cookie } });
    expect(own.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  it.each([
    '/targets/..%2f..%2fetc%2fpasswd',
    '/../../etc/passwd',
    '//attacker.example/',
    '/targets/%00',
    `/targets/${HELD}%2fplan`,
    '/targets/<script>',
    'http://attacker.example/',
    '/targets/__proto__',
    '/constructor',
  ])('by the path %s finds nothing, and is not repeated as markup', async (path) => {
    const { cookie } = await signIn();
    const { status, text, headers } = await ask(path, { headers: { cookie } });
    expect([400, 404]).toContain(status);
    expect(text).not.toContain('<script>');
    expect(headers.location).toBeUndefined();
  });

  it('by guessing tokens and cookies gets nothing, and does not lock the owner out', async () => {
    for (const guess of ['', 'x', 'A'.repeat(43), 'A'.repeat(1_500)]) {
      expect((await ask(`/?token=${guess}`)).status).toBe(401);
      expect((await ask('/', { headers: { cookie: `headgate-${server.port}=${guess}` } })).status).toBe(401);
    }
    for (let guess = 0; guess < 300; guess += 1) await ask(`/?token=${String(guess).padStart(43, '0')}`);
    const { cookie } = await signIn();
    expect((await ask('/', { headers: { cookie } })).status).toBe(200);
    const doubled = `${cookie}; headgate-${server.port}=planted`;
    expect((await ask('/', { headers: { cookie: doubled } })).status).toBe(401);
  });

  it('with a token that was used gets nothing, and a session ends after 12 hours without a request', async () => {
    const [address = ''] = addresses;
    const { cookie } = await signIn();
    expect((await ask(`/${new URL(address).search}`)).status).toBe(401);
    expect(addresses).toHaveLength(2);
    clock += 12 * 3_600_000;
    expect((await ask('/', { headers: { cookie } })).status).toBe(200);
    clock += 12 * 3_600_000 + 1;
    expect((await ask('/', { headers: { cookie } })).status).toBe(401);
  });

  it('by a frame, a cache or a guessed type gets nothing: every answer has the headers', async () => {
    const { cookie } = await signIn();
    for (const path of ['/', `/targets/${HELD}`, '/page.js', '/nothing', `/?token=x`]) {
      const { headers } = await ask(path, { headers: { cookie } });
      expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'same-origin',
      });
    }
    const { headers } = await ask(new URL(addresses.at(-1) ?? '').search.replace(/^/, '/'));
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^headgate-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
    ]);
  });

  it.each([
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: '],
    ['never ends its body', `POST ${HOLD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\nform=`],
    ['sends nothing', ''],
  ])('by a client that %s ends within its deadline', async (_, bytes) => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    const startedMs = performance.now();
    await once(socket, 'close');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('by listeners that never leave takes no more than its share', async () => {
    const { cookie } = await signIn();
    const sockets = Array.from({ length: 30 }, () => {
      const socket = connect(server.port, '127.0.0.1')
        .on('error', () => undefined)
        .resume();
      socket.write(`GET /events?q= HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\n\r\n`);
      return socket;
    });
    // The server accepts 20 connections and closes the others.
    await new Promise((resolve) => sockets.map((socket) => socket.once('close', resolve)));
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await ask('/', { headers: { cookie } }).catch(() => null))?.status).toBe(200);
  });
});

it('the page approves nothing without the hash of a plan, and nothing on a target that needs no approval', async () => {
  const session = await signIn();
  const headers = { ...FORM, cookie: session.cookie, origin: origin() };
  const body = form({ form: session.form, revision: 'a'.repeat(40), hash: '3f9c2a1d'.repeat(4) });
  expect((await ask(`/targets/${HELD}/approve`, { method: 'POST', headers, body })).status).toBe(404);
  expect(done).toEqual([]);
});

describe('a promotion on the page', () => {
  const post = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
    ask(path, { method: 'POST', headers: { ...FORM, ...headers }, body });

  it('is done from its own form alone, and only as it was shown', async () => {
    const { cookie, form: token } = await signIn();
    const { text } = await ask(PROMOTE, { headers: { cookie } });
    const plan = /name="plan"\s+value="([^"]+)"/.exec(text)?.[1] ?? '';
    const own = { cookie, origin: origin() };
    const refused = [
      await post(PROMOTE, form({ form: token, plan }), { cookie, origin: 'https://attacker.example' }),
      await post(PROMOTE, form({ form: token, plan }), { cookie }),
      await post(PROMOTE, form({ plan }), own),
      await post(PROMOTE, form({ form: token, plan: 'f'.repeat(64) }), own),
      await post(PROMOTE, form({ form: token }), own),
      await post('/promotions/shop/shop-dev', form({ form: token, plan }), own),
      await post('/promotions/shop/shop-staging?from=shop-eu', form({ form: token, plan }), own),
      await post('/promotions', form({ form: token, plan }), own),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 409, 409, 404, 404, 404]);
    expect(done).toEqual([]);
    expect((await post(PROMOTE, form({ form: token, plan }), own)).status).toBe(303);
    expect(done).toMatchObject([{ action: 'promote', from: 'shop-dev', plan }]);
  });

  it.each(['/promotions/<script>/x', '/promotions/..%2f/x', '/promotions/__proto__/x', '/promotions/shop/constructor'])(
    'is not found at %s',
    async (path) => {
      const { cookie } = await signIn();
      const { status, text } = await ask(path, { headers: { cookie } });
      expect(status).toBe(404);
      expect(text).not.toContain('<script>');
    },
  );
});

describe('a page that only reads', () => {
  beforeEach(async () => {
    await server.close();
    await serve(false);
  });

  it('has no action, whatever is sent', async () => {
    const { cookie } = await signIn();
    const { text } = await ask(`/targets/${HELD}`, { headers: { cookie } });
    expect(text).toContain('read-only');
    expect(text).not.toMatch(/>(Deploy|Approve|Hold|Release|Roll back)</);
    expect(text).not.toContain('<form');
    const promotions = await ask('/promotions', { headers: { cookie } });
    expect(promotions.text).toContain('it soaks until');
    expect(promotions.text).not.toMatch(/<form|>Promote /);
    for (const action of [HOLD, PROMOTE]) expect((await ask(action, { headers: { cookie } })).status).toBe(404);
    const headers = { ...FORM, cookie, origin: origin() };
    expect((await ask(HOLD, { method: 'POST', headers, body: form({ form: '', reason: 'r' }) })).status).toBe(404);
    expect((await ask(PROMOTE, { method: 'POST', headers, body: form({ form: '', plan: '' }) })).status).toBe(404);
    expect(done).toEqual([]);
  });
});
