import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { githubApi } from '../../../src/githost/github/api.ts';
import { openStatuses } from '../../../src/app/githost/statuses.ts';
import { REVISION } from '../../githost/builders.ts';

const TOKEN = 'ghs_very-secret';
const STATUS = { state: 'success', context: 'headgate/shop', description: '1 created' } as const;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A real server that answers each request with the next of these, and repeats the last one. */
async function aHost(...answers: readonly RequestListener[]) {
  const requests: { authorization: string | undefined; url: string | undefined; body: string }[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const { authorization } = request.headers;
      requests.push({ authorization, url: request.url, body: Buffer.concat(parts).toString() });
      answers[Math.min(requests.length, answers.length) - 1]?.(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { api: `http://127.0.0.1:${port}`, requests };
}

function answer(status: number, headers: Readonly<Record<string, string>> = {}, message = 'no'): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(JSON.stringify({ message }));
}

const cut: RequestListener = (request) => request.socket.destroy();
const silence: RequestListener = () => undefined;
const created = answer(201);

function statusesOf(api: string, pauses: number[] = []) {
  return openStatuses({
    host: githubApi,
    repository: { api, fullName: 'acme/fleet' },
    token: async () => TOKEN,
    ca: null,
    wait: async (ms) => void pauses.push(ms),
    deadlineMs: 200,
  });
}

const never = new AbortController().signal;

describe('a commit status', () => {
  it('is posted once, with the token in its header', async () => {
    const { api, requests } = await aHost(created);
    const statuses = statusesOf(api);
    await statuses.set(REVISION, STATUS, never);
    const url = `/repos/acme/fleet/statuses/${REVISION}`;
    expect(requests).toEqual([{ authorization: `Bearer ${TOKEN}`, url, body: JSON.stringify(STATUS) }]);
    expect(statuses.usage.requests).toBe(1);
  });

  it.each([
    ['a failing host', answer(502), 1_000],
    ['a cut connection', cut, 1_000],
    ['a host that does not answer in time', silence, 1_000],
    ['a limit with Retry-After', answer(429, { 'retry-after': '7' }), 7_000],
    ['a secondary limit', answer(403, {}, 'You have exceeded a secondary rate limit'), 1_000],
    ['a spent quota that resets soon', answer(403, limitedUntil(30)), 30_000],
  ])('is posted again after %s', async (_name, fault, pauseMs) => {
    const { api, requests } = await aHost(fault, created);
    const pauses: number[] = [];
    const statuses = statusesOf(api, pauses);
    await statuses.set(REVISION, STATUS, never);
    expect(requests.length).toBe(2);
    expect(statuses.usage.requests).toBe(2);
    expect(pauses).toEqual([pauseMs]);
  });

  it('is given up after three retries, each after a longer pause', async () => {
    const { api, requests } = await aHost(answer(500));
    const pauses: number[] = [];
    const failure = { code: 'host-unreachable', subject: expect.stringContaining(REVISION) };
    await expect(statusesOf(api, pauses).set(REVISION, STATUS, never)).rejects.toMatchObject(failure);
    expect(requests.length).toBe(4);
    expect(pauses).toEqual([1_000, 4_000, 10_000]);
  });

  it.each([
    ['a wrong token', answer(401, {}, 'Bad credentials'), 'status 401: Bad credentials'],
    ['a missing permission', answer(403, {}, 'Resource not accessible'), 'status 403: Resource not accessible'],
    ['a refused status', answer(422, {}, 'Validation Failed'), 'status 422: Validation Failed'],
    ['a spent quota that resets in an hour', answer(403, limitedUntil(3600)), 'status 403: no'],
    ['a redirect', answer(307, { location: 'http://127.0.0.1:1/' }), 'status 307: no, and redirects are not followed'],
  ])('is given up at once after %s', async (_name, fault, message) => {
    const { api, requests } = await aHost(fault);
    const failure = { code: 'host-unreachable', message: `the Git host did not accept the status: ${message}` };
    await expect(statusesOf(api).set(REVISION, STATUS, never)).rejects.toMatchObject(failure);
    expect(requests.length).toBe(1);
  });

  it('never shows the token, even when the host does', async () => {
    const { api } = await aHost(answer(401, {}, `unknown token ${TOKEN}`));
    const failure: unknown = await statusesOf(api)
      .set(REVISION, STATUS, never)
      .catch((thrown: unknown) => thrown);
    expect(String(failure)).toContain('unknown token ***');
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(TOKEN);
  });

  it('stops during a request when it is interrupted', async () => {
    const { api, requests } = await aHost(silence);
    const stop = new AbortController();
    const set = statusesOf(api).set(REVISION, STATUS, stop.signal);
    stop.abort();
    await expect(set).rejects.toMatchObject({ code: 'interrupted' });
    expect(requests.length).toBeLessThan(2);
  });

  it('stops between two attempts when it is interrupted', async () => {
    const { api, requests } = await aHost(answer(500));
    const statuses = openStatuses({
      host: githubApi,
      repository: { api, fullName: 'acme/fleet' },
      token: async () => TOKEN,
      ca: null,
      wait: (_ms, signal) => setTimeout(60_000, undefined, { signal }),
    });
    const stop = new AbortController();
    const set = statuses.set(REVISION, STATUS, stop.signal);
    await expect.poll(() => requests.length).toBe(1);
    stop.abort();
    await expect(set).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('is not sent to a repository name that GitHub does not allow', async () => {
    const { api, requests } = await aHost(created);
    const statuses = openStatuses({
      host: githubApi,
      repository: { api, fullName: '../admin' },
      token: async () => TOKEN,
      ca: null,
      wait: async () => undefined,
    });
    await expect(statuses.set(REVISION, STATUS, never)).rejects.toMatchObject({ code: 'config-invalid' });
    expect(requests).toEqual([]);
  });
});

function limitedUntil(seconds: number): Record<string, string> {
  const date = new Date('2026-01-01T00:00:00Z');
  const reset = String(date.getTime() / 1000 + seconds);
  return { date: date.toUTCString(), 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
}
