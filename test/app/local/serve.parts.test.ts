import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../../../src/app/local/serve.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';

const SECRET = 'planted-webhook-secret-0123456789';
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const HOOK = new URL('loaded-modules.ts', import.meta.url).href;
/** Without AWS; its Git host and its cluster do not exist. */
const CONFIG = `
clusters: { lab: { kubeconfig: { path: ./kubeconfig } } }
repositories:
  fleet:
    host: github
    url: http://127.0.0.1:9/acme/fleet.git
    api: http://127.0.0.1:9/api
    webhookSecret: env:FLEET_SECRET
    credentials: env:FLEET_TOKEN
targets:
  - { name: shop, repository: fleet, branch: main, path: apps, cluster: lab, namespace: shop }
`;

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-serve-'));
  await writeFile(join(directory, 'headgate.yml'), CONFIG);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** `headgate serve` as a child process, and the packages that it has loaded so far. */
async function startServe() {
  const args = ['--config', join(directory, 'headgate.yml'), '--data-dir', join(directory, 'data')];
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      HOOK,
      MAIN,
      ...args,
      '--log-format',
      'json',
      'serve',
      '--port',
      '0',
    ],
    { env: { FLEET_SECRET: SECRET, FLEET_TOKEN: 'planted-token' }, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  );
  const packages = new Set<string>();
  createInterface({ input: child.stdio[3] as Readable }).on('line', (url) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
  });
  const log: Record<string, unknown>[] = [];
  const lines = createInterface({ input: child.stdout as Readable });
  lines.on('line', (text) => log.push(JSON.parse(text) as Record<string, unknown>));
  while (!log.some(({ message }) => message === 'listening')) await once(lines, 'line');
  const url = String(log.find(({ message }) => message === 'listening')?.['url']);
  return {
    url,
    log,
    packages,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

/** Sends a push to the branch, signed as GitHub signs it; returns the response status. */
async function deliver(url: string): Promise<number> {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: 'a'.repeat(40),
    created: true,
    deleted: false,
    forced: false,
    repository: { id: 1, full_name: 'acme/fleet' },
    head_commit: null,
    commits: [],
  });
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': 'd',
    'x-hub-signature-256': signature,
  };
  return (await fetch(`${url}/webhooks/fleet`, { method: 'POST', body, headers })).status;
}

describe('serve without AWS in headgate.yml', () => {
  it('loads no AWS package, neither to start nor for a delivery and its run', async () => {
    const service = await startServe();
    try {
      expect(service.packages).toContain('zod');
      expect(service.packages).not.toContain('@kubernetes/client-node');
      expect(await deliver(service.url)).toBe(202);
      await vi.waitFor(
        () => expect(service.log).toContainEqual(expect.objectContaining({ verdict: 'failed' })),
        20_000,
      );
      expect([...service.packages].filter((name) => /aws|smithy|fauxqs/.test(name))).toEqual([]);
      expect(service.packages).toContain('@octokit/webhooks-methods');
    } finally {
      await service.stop();
    }
  });
});

describe('serve that cannot start', () => {
  const options = () => {
    const read = readConfig({ text: CONFIG, path: join(directory, 'headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const { config } = read;
    const dataDirectory = join(directory, 'data');
    const intervals = { sweepIntervalMs: 3_600_000, driftIntervalMs: 3_600_000 };
    return { config, env: {}, log: () => undefined, dataDirectory, host: '127.0.0.1', port: 0, ...intervals };
  };
  const expectFree = async () => {
    const queues = await openLocalQueues({ dataDirectory: join(directory, 'data'), nowMs: Date.now });
    await queues.close();
  };

  it('names the missing secret, and releases the data directory', async () => {
    await expect(serve(options())).rejects.toMatchObject({ code: 'secret-missing' });
    await expectFree();
  });

  it('reports that its port is in use, and releases the data directory', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const starting = serve({ ...options(), env: { FLEET_SECRET: SECRET, FLEET_TOKEN: 'planted-token' }, port });
    await expect(starting).rejects.toMatchObject({ code: 'usage', subject: `127.0.0.1:${port}` });
    await expectFree();
    other.close();
  });
});
