import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { exchange, openAgents } from '../../src/exchange/exchange.ts';
import type { ExchangeOptions, HttpRequest } from '../../src/exchange/exchange.ts';

const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listening(server: Server, scheme: 'http' | 'https') {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`${scheme}://127.0.0.1:${port}/`), sockets };
}

/** A server in its own process, which closes all connections on SIGUSR2. */
async function serveFromProcess(): Promise<{ readonly url: URL; readonly pid: number }> {
  const script = `
    const server = require('node:http').createServer((_request, response) => response.end());
    process.on('SIGUSR2', () => server.closeAllConnections());
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill());
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: new URL(`http://127.0.0.1:${port.toString().trim()}/`), pid: child.pid ?? 0 };
}

const serve = (listener: RequestListener) => listening(createServer(listener), 'http');

function send(
  url: URL,
  { signal = never, ...change }: Partial<HttpRequest & ExchangeOptions> & { signal?: AbortSignal } = {},
) {
  const { method = 'GET', headers = {}, body = null, ...options } = change;
  const limits = { ca: null, deadlineMs: 5_000, bodyLimitBytes: 1024 };
  return exchange({ method, url, headers, body }, { ...limits, ...options }, signal);
}

describe('an HTTP exchange', () => {
  it('has its whole time once it has a connection, however long it waits for one', async () => {
    const { url } = await serve((_request, response) => void setTimeout(() => response.end(), 150));
    const agents = openAgents({ connections: 1 });
    closers.push(() => agents.close());
    const answers = await Promise.allSettled([1, 2, 3, 4].map(() => send(url, { agents, deadlineMs: 400 })));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('sends method, headers and body, and returns status, headers and body', async () => {
    const { url } = await serve((request, response) => {
      const { 'x-id': id, 'content-length': length } = request.headers;
      response.writeHead(418, { 'x-seen': `${request.method} ${String(id)} ${length}` });
      request.pipe(response);
    });
    const answer = await send(url, { method: 'POST', headers: { 'x-id': '7' }, body: 'käse' });
    expect([answer.status, answer.headers['x-seen']]).toEqual([418, 'POST 7 5']);
    expect(answer.body).toEqual(Buffer.from('käse'));
  });

  it('returns a redirect and does not follow it', async () => {
    const paths: (string | undefined)[] = [];
    const { url } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await send(url)).status).toBe(302);
    expect(paths).toEqual(['/']);
  });

  it('reads a body of exactly its limit, and fails on one byte more', async () => {
    const { url } = await serve((_request, response) => response.end('x'.repeat(1024)));
    expect((await send(url, { bodyLimitBytes: 1024 })).body).toHaveLength(1024);
    await expect(send(url, { bodyLimitBytes: 1023 })).rejects.toMatchObject({
      failure: 'too-large',
      message: 'the response is larger than 1023 bytes',
    });
  });

  it('fails at its deadline even while bytes still arrive', async () => {
    const { url } = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    await expect(send(url, { deadlineMs: 60, silenceMs: 50 })).rejects.toMatchObject({
      failure: 'unanswered',
      message: 'no complete response within 0.06 s',
    });
  });

  it('fails when no byte arrives for silenceMs, even in the middle of a body', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': '9' }).write('half');
    });
    const silence = { failure: 'unanswered', message: 'no byte within 0.05 s' };
    await expect(send(url, { silenceMs: 50 })).rejects.toMatchObject(silence);
    await expect(send(new URL('/half', url), { silenceMs: 50 })).rejects.toMatchObject(silence);
  });

  it('fails when less arrives than the least throughput, and not when exactly that arrives', async () => {
    const { url } = await serve((request, response) => {
      const part = 'x'.repeat(request.url === '/enough' ? 40 : 1);
      const drip = setInterval(() => response.write(part), 10);
      const end = setTimeout(() => response.end(), 350);
      response.on('close', () => [drip, end].forEach((timer) => clearTimeout(timer)));
    });
    const leastThroughput = { windowMs: 100, bytes: 40 };
    await expect(send(url, { leastThroughput })).rejects.toMatchObject({
      failure: 'unanswered',
      message: 'less than 40 bytes within 0.1 s',
    });
    expect((await send(new URL('/enough', url), { leastThroughput, bodyLimitBytes: 9999 })).status).toBe(200);
  });

  it('fails when its signal aborts, before or during the exchange', async () => {
    const { url } = await serve(() => undefined);
    await expect(send(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ failure: 'aborted' });
    await expect(send(url, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ failure: 'aborted' });
  });

  it('fails when the connection breaks before or within the response', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/') request.socket.destroy();
      else response.writeHead(200, { 'content-length': '9' }).write('half', () => request.socket.destroy());
    });
    await expect(send(url)).rejects.toMatchObject({ failure: 'unanswered', message: 'socket hang up' });
    await expect(send(new URL('/half', url))).rejects.toMatchObject({ failure: 'unanswered', message: 'aborted' });
  });

  it('reports why no connection was established', async () => {
    const { url } = await serve(() => undefined);
    for (const close of closers.splice(0)) await close();
    await expect(send(url)).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('kept connections', () => {
  function agents() {
    const opened = openAgents();
    closers.push(() => opened.close());
    return opened;
  }

  it('are reused', async () => {
    const { url, sockets } = await serve((_request, response) => response.end());
    const kept = agents();
    await send(url, { agents: kept });
    await send(url, { agents: kept });
    expect(sockets.size).toBe(1);
  });

  it('fail as stale if the server closed them while this process was frozen, with more to send than one packet', async () => {
    const { url, pid } = await serveFromProcess();
    const kept = openAgents();
    closers.push(() => kept.close());
    expect((await send(url, { agents: kept })).status).toBe(200);
    // The process does not see the end of the connection before it writes, as after a thaw.
    execFileSync('/bin/sh', ['-c', `kill -USR2 ${pid}; sleep 0.2`]);
    const body = 'x'.repeat(4_000_000);
    const sent = send(url, { agents: kept, method: 'POST', body });
    await expect(sent).rejects.toMatchObject({ failure: 'stale' });
  });

  it('fail as stale if the server has closed them, and the next exchange opens a new one', async () => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.resetAndDestroy();
      else response.end();
    });
    const kept = agents();
    await send(url, { agents: kept });
    await expect(send(url, { agents: kept })).rejects.toMatchObject({ failure: 'stale' });
    expect((await send(url, { agents: kept })).status).toBe(200);
  });
});

describe('an HTTPS exchange', () => {
  it('trusts a private certificate authority only if ca is set', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'headgate-exchange-'));
    closers.push(() => rmSync(directory, { recursive: true }));
    const command =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:127.0.0.1 -keyout key -out crt';
    execFileSync('openssl', command.split(' '), { stdio: 'ignore', cwd: directory });
    const [key, cert] = ['key', 'crt'].map((file) => readFileSync(join(directory, file), 'utf8'));
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('trusted'));
    const { url } = await listening(server, 'https');
    expect((await send(url, { ca: cert ?? null })).body.toString()).toBe('trusted');
    await expect(send(url)).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
  });
});
