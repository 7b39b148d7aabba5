import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAIN } from '../../rig/programs/headgate.ts';
import { headgate } from '../headgate.ts';

/** Its Git host and its cluster do not exist. */
const CONFIG = `
clusters: { lab: { kubeconfig: { path: ./kubeconfig } } }
repositories:
  fleet: { host: github, url: 'http://127.0.0.1:9/acme/fleet.git', webhookSecret: env:FLEET_SECRET }
targets:
  - { name: shop, repository: fleet, branch: main, cluster: lab, namespace: shop }
`;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-page-'));
  await writeFile(join(directory, 'headgate.yml'), CONFIG);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The addresses that `headgate serve` logs, by message, once it has logged all of these. */
async function serve(args: readonly string[], messages: readonly string[]) {
  const common = ['--config', join(directory, 'headgate.yml'), '--data-dir', join(directory, 'data')];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, ...common, '--log-format', 'json', 'serve', '--port', '0', ...args],
    { env: { FLEET_SECRET: 'planted-webhook-secret-0123456789' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const urls = new Map<string, string>();
  for await (const text of createInterface(child.stdout)) {
    const { message, url } = JSON.parse(text) as { message: string; url?: string };
    if (url !== undefined) urls.set(message, url);
    if (messages.every((each) => urls.has(each))) break;
  }
  return {
    urlOf: (message: string) => urls.get(message) ?? '',
    async stop() {
      child.stdout.resume();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

describe('headgate serve with a page', () => {
  it('logs its address, shows a target that cannot be read, and only reads unless actions are allowed', async () => {
    const served = await serve(['--ui-port', '0', '--metrics-port', '0'], ['listening', 'page', 'metrics']);
    try {
      const address = new URL(served.urlOf('page'));
      const { headers } = await fetch(address);
      const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
      const fleet = await (await fetch(address.origin, { headers: { cookie } })).text();
      expect(fleet).toContain('1 of 1 targets');
      expect(fleet).toContain('unreadable');
      expect(fleet).toContain('read-only');
      expect((await fetch(`${address.origin}/targets/shop/hold`, { headers: { cookie } })).status).toBe(404);
      expect(await (await fetch(served.urlOf('metrics'))).text()).toContain('headgate_build_info{version="');
    } finally {
      await served.stop();
    }
  }, 60_000);

  it('refuses actions without a page', async () => {
    const { code, stderr } = await headgate(['--config', join(directory, 'headgate.yml'), 'serve', '--ui-actions']);
    expect(code).toBe(64);
    expect(stderr).toContain('Add --ui-port, or remove --ui-actions.');
  });
});
