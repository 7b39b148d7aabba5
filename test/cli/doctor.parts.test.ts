import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headgate } from './headgate.ts';

// A Git host whose clock and answers are as wrong as the test needs.
let server: Server;
let url: string;
const host = { clockMs: 0, hooks: 200, statuses: 422 };

beforeEach(async () => {
  Object.assign(host, { clockMs: 0, hooks: 200, statuses: 422 });
  server = createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() + host.clockMs).toUTCString());
    response.setHeader('content-type', 'application/json');
    if (request.url?.includes('/hooks') === true) return response.writeHead(host.hooks).end('[]');
    if (request.url?.includes('/statuses/') === true) return response.writeHead(host.statuses).end('{}');
    return response.writeHead(200).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Found {
  readonly kind: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy: string | null;
}

async function doctor(...args: readonly string[]): Promise<Readonly<Record<string, Found>>> {
  const config = {
    clusters: { lab: { kubeconfig: { path: './none' } } },
    repositories: {
      fleet: {
        host: 'github',
        url: `${url}/acme/fleet.git`,
        api: url,
        webhookSecret: 'env:SECRET',
        credentials: 'env:TOKEN',
      },
    },
    targets: [],
  };
  const { stdout } = await headgate(['doctor', '--output', 'json', ...args], {
    files: { 'headgate.yml': JSON.stringify(config) },
    env: { SECRET: 'planted-secret', TOKEN: 'planted-token', ADMIN_TOKEN: 'planted-admin' },
  });
  const found = JSON.parse(stdout) as readonly Found[];
  return Object.fromEntries(found.map((each) => [each.kind, each]));
}

describe('headgate doctor', () => {
  it('detects a clock that is ahead or behind', async () => {
    host.clockMs = -600_000;
    expect((await doctor())['clock']).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^the clock is (?:599|60[01]) s ahead$/) as string,
      remedy: expect.stringContaining('NTP') as string,
    });
    host.clockMs = 600_000;
    expect((await doctor())['clock']).toMatchObject({ ok: false, detail: expect.stringContaining('behind') as string });
    host.clockMs = 30_000;
    expect((await doctor())['clock']).toMatchObject({ ok: true });
  });

  it('detects credentials that cannot write commit statuses', async () => {
    host.statuses = 403;
    expect((await doctor())['statuses']).toMatchObject({
      ok: false,
      detail: expect.stringContaining('cannot write commit statuses') as string,
      remedy: expect.stringContaining('Commit statuses, read and write') as string,
    });
  });

  it('accepts credentials that cannot read webhooks, but not a --token that cannot', async () => {
    host.hooks = 404;
    const own = (await doctor())['webhook'];
    expect(own).toMatchObject({ ok: true, detail: expect.stringContaining('skipped') as string });
    const named = (await doctor('--token', 'env:ADMIN_TOKEN'))['webhook'];
    expect(named).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('may administer webhooks') as string,
    });
  });

  it('detects a missing webhook', async () => {
    expect((await doctor())['webhook']).toMatchObject({
      ok: false,
      detail: 'no webhook points to /webhooks/fleet, so only the sweep finds pushes',
      remedy: 'Run headgate connect fleet to fix the webhook.',
    });
  });

  it('says that DNS does not resolve a name, instead of reporting a bug', async () => {
    url = 'https://git.headgate.invalid';
    const { clock } = await doctor();
    expect(clock?.ok).toBe(false);
    expect(clock?.detail).toMatch(/^DNS does not resolve the name of the server: .*git\.headgate\.invalid/);
    expect(clock?.remedy).toContain('DNS in the network');
  });
});
