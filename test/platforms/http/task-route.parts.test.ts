import { afterEach, describe, expect, it } from 'vitest';
import { answerOf, taskRoute } from '../../../src/platforms/http/task-route.ts';
import type { TaskRoute } from '../../../src/platforms/http/task-route.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { HttpServer } from '../../../src/platforms/local/http-server.ts';
import type { PushedMessage } from '../../../src/queue/pushed.ts';
import type { Reception } from '../../../src/deploy/webhook/reception.ts';
import { aConfig } from '../../githost/builders.ts';

const PATH = '/tasks/deploy';
/** No webhook is part of these tests. */
const reception: Reception = {
  config: aConfig([], []),
  version: '1.2.3',
  limitBytes: 10,
  secretsOf: async () => [],
  rotatedSecretsOf: async () => null,
  queue: { send: async () => undefined },
  randomId: () => 'id',
  nowMs: Date.now,
  log: () => undefined,
};
const OVER = 'x'.repeat(1_048_577);
let server: HttpServer;
afterEach(() => server.close(100));

const LIMITS = {
  headersMs: 10_000,
  requestMs: 60_000,
  answerMs: 9_000,
  silenceMs: 15_000,
  connections: 100,
  bytesInFlight: 2_000_000,
};

async function start(serve: TaskRoute['serve'], limits: Partial<typeof LIMITS> = {}): Promise<void> {
  const routes = [taskRoute({ path: PATH, keys: async () => ['new key', 'old'], serve })];
  server = await startHttpServer({ host: '127.0.0.1', port: 0, limits: { ...LIMITS, ...limits }, routes }, reception);
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
}

async function ask({ method = 'POST', headers = {}, body = '{}', path = PATH }: Sent = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: 'Bearer old', ...headers },
    ...(method === 'GET' ? {} : { body }),
  });
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: await answer.json(),
  };
}

const DONE: TaskRoute['serve'] = async () => answerOf({ kind: 'done' });

describe('a task', () => {
  it.each<readonly [string, Sent, number]>([
    ['another method', { method: 'PUT' }, 405],
    ['another method, before its key', { method: 'GET', headers: { authorization: '' } }, 405],
    ['no key', { headers: { authorization: '' } }, 401],
    ['no key, before its body is read', { headers: { authorization: '' }, body: OVER }, 401],
    ['a wrong key', { headers: { authorization: 'Bearer older' } }, 401],
    ['the beginning of a key', { headers: { authorization: 'Bearer ol' } }, 401],
    ['an empty key', { headers: { authorization: 'Bearer ' } }, 401],
    ['a key of another scheme', { headers: { authorization: 'Basic old' } }, 401],
    ['too large a body', { body: OVER }, 413],
    ['a path below its own', { path: `${PATH}/x` }, 404],
  ])('is refused with %s', async (_what, sent, status) => {
    let served = 0;
    await start(async (message, closed) => {
      served += 1;
      return DONE(message, closed);
    });
    expect(await ask(sent)).toMatchObject({ status, body: { error: expect.stringMatching(/\w/) } });
    expect(served).toBe(0);
  });

  it('is answered with 2xx when it is done, and with 503 and the time when it is to be sent again', async () => {
    await start(async ({ body }) => answerOf(body === '1' ? { kind: 'done' } : { kind: 'again', afterSeconds: 12 }));
    expect(await ask({ body: '1' })).toEqual({ status: 200, retryAfter: null, body: { status: 'done' } });
    expect(await ask()).toEqual({
      status: 503,
      retryAfter: '12',
      body: { error: 'not done: send it again in 12 s' },
    });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, number | null]>([
    ['as the gateway counts it', { 'headgate-attempt': '3' }, 3],
    ['as Cloud Tasks counts retries', { 'x-cloudtasks-taskretrycount': '0' }, 1],
    ['not at all', {}, null],
    ['not at all when the count is not a number', { 'headgate-attempt': '-1' }, null],
  ])('knows its try %s', async (_how, headers, tries) => {
    const seen: PushedMessage[] = [];
    await start(async (message, closed) => {
      seen.push(message);
      return DONE(message, closed);
    });
    await ask({ headers, body: '{"é":1}' });
    expect(seen).toEqual([{ body: '{"é":1}', tries }]);
  });

  it('may take longer than a connection may be silent', async () => {
    const silenceMs = 200;
    await start(
      async (message, closed) => {
        await new Promise((resolve) => setTimeout(resolve, 5 * silenceMs));
        return DONE(message, closed);
      },
      { silenceMs },
    );
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('is interrupted when its client closes the connection', async () => {
    const begun = Promise.withResolvers<void>();
    const interrupted = Promise.withResolvers<void>();
    await start(async (message, closed) => {
      closed.addEventListener('abort', () => interrupted.resolve());
      begun.resolve();
      await interrupted.promise;
      return DONE(message, closed);
    });
    const client = new AbortController();
    const asked = fetch(`${server.url}${PATH}`, {
      method: 'POST',
      headers: { authorization: 'Bearer old' },
      body: '{}',
      signal: client.signal,
    });
    await begun.promise;
    client.abort();
    await expect(asked).rejects.toThrow(/abort/);
    await interrupted.promise;
  });
});
