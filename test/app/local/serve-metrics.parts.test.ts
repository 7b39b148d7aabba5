import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observedLog, serveMetrics } from '../../../src/app/local/serve-metrics.ts';
import { deployMetrics } from '../../../src/metrics/deploy-metrics.ts';
import type { LoopbackServer } from '../../../src/platforms/local/loopback-server.ts';
import { configOf, file } from '../../config/builders.ts';

const metrics = deployMetrics(configOf(file({})), '1.2.3');
let server: LoopbackServer;

beforeEach(async () => {
  server = await serveMetrics(0, metrics, () => ({ queues: [], requests: [{ server: 'cluster lab', requests: 7 }] }));
});
afterEach(() => server.close());

/** Status and body of a request with these headers, which `fetch` would not send. */
async function ask(path: string, { method = 'GET', host = `127.0.0.1:${server.port}` } = {}) {
  const sent = request({ port: server.port, host: '127.0.0.1', path, method, headers: { host } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = await response.setEncoding('utf8').toArray();
  return { status: response.statusCode, type: response.headers['content-type'], text: chunks.join('') };
}

describe('the listener for Prometheus', () => {
  it('answers /metrics in the text format, with what is read at that moment', async () => {
    const { status, type, text } = await ask('/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('headgate_requests_total{server="cluster lab"} 7\n');
    expect(text.endsWith('\n')).toBe(true);
  });

  it.each([
    ['/metrics', { method: 'POST' }, 405],
    ['/', {}, 404],
    ['/metrics', { host: 'attacker.example' }, 421],
    ['/metrics', { host: '127.0.0.1.attacker.example' }, 421],
    ['/metrics', { host: 'localhost:9999' }, 200],
  ])('answers %s with %o by status %d', async (path, options, status) => {
    expect((await ask(path, options)).status).toBe(status);
  });

  it('names the option when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const starting = serveMetrics(port, metrics, () => ({ queues: [], requests: [] }));
    await expect(starting).rejects.toMatchObject({ code: 'usage', remedy: expect.stringContaining('--metrics-port') });
    other.close();
  });
});

it('counts what is logged, and logs it all the same', async () => {
  const lines: object[] = [];
  const log = observedLog((line) => lines.push(line), metrics);
  const line = {
    level: 'info',
    message: 'deployed',
    target: 'shop-prod',
    durationMs: 40,
    stagesMs: { plan: 7 },
  } as const;
  log(line);
  expect(lines).toEqual([line]);
  const { text } = await ask('/metrics');
  expect(text).toContain('headgate_deploys_total{target="shop-prod",verdict="deployed"} 1\n');
  expect(text).toContain('headgate_deploy_duration_seconds_bucket{stage="plan",le="0.05"} 1\n');
});
