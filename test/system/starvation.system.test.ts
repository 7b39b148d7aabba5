import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, Testbed } from '../rig/testbed/testbed.ts';

/** 5 Git hosts that accept connections and say nothing, 5 API servers that do, each with 4 targets; one host that trickles, with 10. */
const SERVERS = 5;
const TARGETS = 4;
const TRICKLED = 10;

const servers: Server[] = [];
const sockets = new Set<Socket>();

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}

const silent = () => listen(createServer());

const trickling = () =>
  listen(
    createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      const drip = setInterval(() => response.write('0'), 300);
      response.on('close', () => clearInterval(drip));
    }),
  );

const range = (length: number) => Array.from({ length }, (_none, index) => index);

const repositoryAt = (port: number, name: string) => ({
  host: 'github',
  url: `http://127.0.0.1:${port}/acme/${name}.git`,
  webhookSecret: 'env:FLEET_SECRET',
});

async function deadRepositories(): Promise<Record<string, object>> {
  const hosts = await Promise.all(
    range(SERVERS).map(async (n) => [`silent-${n}`, repositoryAt(await silent(), `silent-${n}`)] as const),
  );
  return { ...Object.fromEntries(hosts), trickle: repositoryAt(await trickling(), 'trickle') };
}

async function deadClusters(directory: string): Promise<Record<string, object>> {
  const clusters = await Promise.all(
    range(SERVERS).map(async (n) => {
      const path = join(directory, `hung-${n}`);
      const server = { server: `https://127.0.0.1:${await silent()}` };
      const kubeconfig = {
        clusters: [{ name: 'c', cluster: server }],
        users: [{ name: 'u', user: { token: 'planted-cluster-token' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      };
      await writeFile(path, JSON.stringify(kubeconfig));
      return [`hung-${n}`, { kubeconfig: { path } }] as const;
    }),
  );
  return Object.fromEntries(clusters);
}

const deadTargets = [
  ...range(SERVERS).flatMap((n) =>
    range(TARGETS).flatMap((m) => [
      { name: `silent-${n}-${m}`, repository: `silent-${n}`, namespace: `dead-s-${n}-${m}` },
      { name: `hung-${n}-${m}`, path: 'dead', cluster: `hung-${n}`, namespace: `dead-h-${n}-${m}` },
    ]),
  ),
  ...range(TRICKLED).map((n) => ({ name: `trickle-${n}`, repository: 'trickle', namespace: `dead-t-${n}` })),
];

/** A signed push to a repository whose Git host is dead. */
async function deliver(address: string, name: string): Promise<void> {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: 'a'.repeat(40),
    created: true,
    deleted: false,
    forced: false,
    repository: { id: 1, full_name: `acme/${name}` },
    head_commit: null,
    commits: [],
  });
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': name,
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  };
  const { status } = await fetch(`${address}/webhooks/${name}`, { method: 'POST', body, headers });
  expect(status).toBe(202);
}

const configMap = (value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: healthy }\ndata: { value: "${value}" }\n`;

let testbed: Testbed;
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-dead-'));
  const more = { repositories: await deadRepositories(), clusters: await deadClusters(directory) };
  testbed = await Testbed.build({ more, targets: [{}, ...deadTargets] });
  await testbed.start();
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await testbed.tearDown();
});

/** Pushes to the healthy target, and returns how long its request waited before its run. */
async function waitOfPush(value: string): Promise<number> {
  const revision = await testbed.push({ 'apps/a.yaml': configMap(value) });
  const pushedAt = Date.now();
  const line = await testbed.logged((each) => each['verdict'] === 'deployed' && each['revision'] === revision);
  return Date.now() - pushedAt - Number(line['durationMs']);
}

describe('fifty targets whose servers do not answer', () => {
  it('hold up no push to a healthy target for more than 2 s, in a process that has just started', async () => {
    await testbed.push({ 'dead/a.yaml': configMap('dead') });
    await Promise.all([...range(SERVERS).map((n) => `silent-${n}`), 'trickle'].map((n) => deliver(testbed.address, n)));
    const waits = [await waitOfPush('1')];
    for (const value of ['2', '3', '4', '5']) waits.push(await waitOfPush(value));
    expect(Math.max(...waits), `waits: ${waits.join(', ')}`).toBeLessThan(2000);
  });
});
