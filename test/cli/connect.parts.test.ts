import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES } from '../../src/deploy/webhook/receive.ts';
import { startHttpServer } from '../../src/platforms/local/http-server.ts';
import type { HttpServer } from '../../src/platforms/local/http-server.ts';
import { startGitHost } from '../rig/git-host/git-host.ts';
import type { GitHost } from '../rig/git-host/git-host.ts';
import { aConfig, aRepository } from '../githost/builders.ts';
import { headgate } from './headgate.ts';

const TOKEN = 'planted-admin-token-0123456789';
const SECRET = 'planted-webhook-secret-0123456789';

let directory: string;
let host: GitHost;
let receiver: HttpServer;
let name: string;
let repositories = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-connect-'));
  host = await startGitHost({ directory, token: TOKEN });
  receiver = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      get config() {
        return aConfig([aRepository({ id: null, fullName: name })], []);
      },
      version: '1.2.3',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => [SECRET],
      rotatedSecretsOf: async () => null,
      queue: { send: async () => undefined },
      randomId: () => 'made-here',
      nowMs: () => Date.now(),
      log: () => undefined,
    },
  );
});
beforeEach(async () => {
  repositories += 1;
  name = `acme/fleet-${repositories}`;
  await host.createRepository(name);
});
afterAll(async () => {
  await receiver.close(100);
  await host.close();
  await rm(directory, { recursive: true });
});

function connect(
  args: readonly string[] = [],
  { repository = {}, env = {} }: { repository?: object; env?: Readonly<Record<string, string>> } = {},
) {
  const config = {
    clusters: { lab: { kubeconfig: { path: './kubeconfig' } } },
    repositories: {
      fleet: {
        host: 'github',
        url: host.cloneUrl(name),
        api: host.apiUrl,
        webhookSecret: 'env:FLEET_SECRET',
        credentials: 'env:FLEET_TOKEN',
        ...repository,
      },
    },
    targets: [],
  };
  return headgate(['connect', 'fleet', '--url', receiver.url, ...args], {
    files: { 'headgate.yml': JSON.stringify(config) },
    env: { FLEET_SECRET: SECRET, FLEET_TOKEN: TOKEN, ...env },
  });
}

interface ShownHook {
  readonly id: number;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly config: Readonly<Record<string, string>>;
}

async function hooks(): Promise<readonly ShownHook[]> {
  const answer = await fetch(`${host.apiUrl}/repos/${name}/hooks`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return (await answer.json()) as readonly ShownHook[];
}

describe('headgate connect REPOSITORY', () => {
  it('creates a push webhook that the receiver accepts', async () => {
    const { code, stdout, stderr } = await connect(['--yes']);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    const url = `${receiver.url}/webhooks/fleet`;
    expect(stdout).toBe(
      `will create a webhook on ${name}: push → ${url}, application/json, with the secret\nwebhook 1 is registered, and its ping succeeded\n`,
    );
    expect(await hooks()).toMatchObject([
      { id: 1, active: true, events: ['push'], config: { url, content_type: 'json', secret: '********' } },
    ]);
    const pings = host.deliveries.filter(({ webhook }) => webhook.url === url && webhook.secret === SECRET);
    expect(pings.at(-1)).toMatchObject({ event: 'ping', status: 200, answer: '{"ignored":"ping"}' });
  });

  it('updates its own webhook on a second run, and leaves others alone', async () => {
    await connect(['--yes']);
    host.setWebhook(name, { url: `${receiver.url}/webhooks/fleet`, secret: 'an older one', contentType: 'form' });
    const body = { name: 'web', events: ['issues'], config: { url: `${receiver.url}/elsewhere` } };
    const headers = { authorization: `Bearer ${TOKEN}` };
    await fetch(`${host.apiUrl}/repos/${name}/hooks`, { method: 'POST', headers, body: JSON.stringify(body) });
    const { code, stdout } = await connect(['--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain(`will update webhook 1 of ${name}`);
    expect(stdout).toContain('its content type is form instead of json; the secret is set again');
    expect(await hooks()).toMatchObject([
      { id: 1, config: { content_type: 'json' } },
      { id: 2, events: ['issues'], config: { url: `${receiver.url}/elsewhere` } },
    ]);
  });

  it('prints JSON with --output json', async () => {
    const { code, stdout } = await connect(['--yes', '--output', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      repository: 'fleet',
      url: `${receiver.url}/webhooks/fleet`,
      hook: '1',
      created: true,
      ping: 200,
    });
  });

  it('creates nothing without a terminal or --yes', async () => {
    const { code, stderr } = await connect();
    expect(code).toBe(64);
    expect(stderr).toContain('Pass --yes to skip the prompt.');
    expect(await hooks()).toEqual([]);
  });

  it('fails when the receiver has a different secret', async () => {
    const { code, stderr } = await connect(['--yes'], { env: { FLEET_SECRET: 'another one' } });
    expect(code).toBe(1);
    expect(stderr).toContain('its ping failed: Invalid HTTP Response: 401');
    expect(stderr).toContain('has a different secret');
    expect(stderr).not.toContain('another one');
  });

  it('requests a token with more permissions, and never shows one', async () => {
    const refused = await connect(['--yes'], { env: { FLEET_TOKEN: 'planted-weak-token' } });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Pass a token that may administer webhooks');
    expect(refused.stderr).not.toContain('planted-weak-token');
    const env = { FLEET_TOKEN: 'planted-weak-token', ADMIN_TOKEN: TOKEN };
    expect(await connect(['--yes', '--token', 'env:ADMIN_TOKEN'], { env })).toMatchObject({ code: 0 });
  });

  it('does not repeat a token that was given instead of a reference', async () => {
    const { code, stderr, stdout } = await connect(['--yes', '--token', TOKEN]);
    expect(code).toBe(64);
    expect(stderr + stdout).not.toContain(TOKEN);
  });

  it("prints GitHub's page for a new App, filled in", async () => {
    const { code, stdout } = await connect(['--app']);
    expect(code).toBe(0);
    const page = URL.parse(/^ {2}(http\S+)$/m.exec(stdout)?.[1] ?? '');
    expect(page?.pathname).toBe('/organizations/acme/settings/apps/new');
    expect(Object.fromEntries(page?.searchParams ?? [])).toMatchObject({
      webhook_url: `${receiver.url}/webhooks/fleet`,
      'events[]': 'push',
      contents: 'read',
      statuses: 'write',
      public: 'false',
    });
    expect(await hooks()).toEqual([]);
  });

  it('requests the URL of headgate serve where no stack on AWS has one', async () => {
    const config = {
      clusters: { lab: { kubeconfig: {} } },
      repositories: { fleet: { host: 'git', url: 'https://git.example.com/fleet.git' } },
      targets: [],
    };
    const { code, stderr } = await headgate(['connect', 'fleet'], {
      files: { 'headgate.yml': JSON.stringify(config) },
    });
    expect(code).toBe(64);
    expect(stderr).toContain('Pass it with --url');
  });

  it('exits with 64 when no repository or cluster has that name', async () => {
    const { code, stderr } = await headgate(['connect', 'flet'], {
      files: {
        'headgate.yml': JSON.stringify({
          clusters: { lab: { kubeconfig: {} } },
          repositories: { fleet: { host: 'git', url: 'https://git.example.com/fleet.git' } },
          targets: [],
        }),
      },
    });
    expect(code).toBe(64);
    expect(stderr).toContain('Use one of fleet, lab.');
  });
});
