import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStackApi } from '../../rig/aws/stack-api.ts';
import type { StackApi } from '../../rig/aws/stack-api.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import type { GitHost } from '../../rig/git-host/git-host.ts';
import { BODY_LIMIT_BYTES } from '../../../src/deploy/webhook/receive.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { HttpServer } from '../../../src/platforms/local/http-server.ts';
import { aConfig, aRepository } from '../../githost/builders.ts';
import { buildCommand } from '../../rig/package/built-command.ts';
import type { BuiltCommand } from '../../rig/package/built-command.ts';
import { headgate } from '../headgate.ts';

const TOKEN = 'planted-admin-token-0123456789';
const SECRET = '/headgate/fleet/webhook-secret';

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
}, 240_000);

let api: StackApi;
let host: GitHost;
let receiver: HttpServer;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'headgate-place-'));
  api = await startStackApi();
  host = await startGitHost({ directory: home, token: TOKEN });
  await host.createRepository('acme/fleet');
  receiver = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      config: aConfig([aRepository({ id: null })], []),
      version: '1.2.3',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => [api.parameters.get(SECRET) ?? ''],
      rotatedSecretsOf: async () => null,
      queue: { send: async () => undefined },
      randomId: () => 'made-here',
      nowMs: () => Date.now(),
      log: () => undefined,
    },
  );
  api.webhookUrl = `${receiver.url}/`;
  api.parameters.set('/headgate/fleet/token', `${TOKEN}\n`);
});
afterEach(async () => {
  await Promise.all([api.close(), host.close(), receiver.close(100)]);
  await rm(home, { recursive: true });
});

/** As written: block style and a comment, which the command keeps. */
const configOf = () => `# the administrator's file
clusters:
  prod:
    eks: { name: prod, region: eu-west-1, role: 'arn:aws:iam::111122223333:role/headgate/shop', externalId: planted-id }
repositories:
  fleet:
    host: github
    url: ${host.cloneUrl('acme/fleet')}
    api: ${host.apiUrl}
    webhookSecret: ssm:${SECRET}
    credentials: ssm:/headgate/fleet/token
targets: []
`;

async function atHome(
  profileRegion: string | null,
  config: string,
): Promise<(line: string) => ReturnType<typeof headgate>> {
  await mkdir(join(home, '.aws'));
  for (const [name, text] of Object.entries(api.profile(profileRegion)))
    await writeFile(join(home, '.aws', name), text);
  await writeFile(join(home, 'headgate.yml'), config);
  // The address of the emulation, and nothing else about AWS but the profile.
  const env = { HOME: home, AWS_PROFILE: 'admin', AWS_ENDPOINT_URL: api.url, HEADGATE_CACHE: built.cache };
  return (line) => headgate(line.split(' '), { directory: home, env, main: built.main });
}

describe('the region and the stage of the set-up commands', () => {
  it('are remembered by bootstrap, so that the next commands find the stack whatever region the profile has', async () => {
    const run = await atHome('us-east-1', configOf());
    const bootstrap = await run('bootstrap --region eu-west-1 --yes');
    expect(bootstrap.stderr).not.toContain('error');
    expect(bootstrap.stdout).toContain('headgate.yml:\n  + aws: { region: eu-west-1, stage: prod }');
    expect(await readFile(join(home, 'headgate.yml'), 'utf8')).toBe(
      `${configOf()}aws: { region: eu-west-1, stage: prod } # where bootstrap, connect and doctor find the stack\n`,
    );
    expect(await run('connect fleet --yes')).toMatchObject({ code: 0 });
    const { stdout } = await run('doctor');
    expect(stdout).toMatch(new RegExp(`secret +ssm:${SECRET} +ok`));
    expect(stdout).toMatch(/repository +fleet +ok/);
    const again = await run('bootstrap --yes');
    expect(again.stdout).toContain('stack headgate-prod is up to date');
    expect(again.stdout).not.toContain('+ aws:');
  }, 180_000);

  it('are those of the flags, also for the secrets that connect reads', async () => {
    const run = await atHome('us-east-1', configOf());
    api.stack = {
      status: 'UPDATE_COMPLETE',
      parameters: {},
      tags: {},
      outputs: { WebhookLambdaFunctionUrl: receiver.url },
      resources: {},
    };
    api.parameters.set(SECRET, 'planted-webhook-secret');
    expect(await run('connect fleet --yes --region eu-west-1')).toMatchObject({ code: 0 });
    const elsewhere = await run('connect fleet --yes');
    expect(elsewhere.stderr).toContain('stack headgate-prod in us-east-1');
    const { stdout } = await run('doctor --region eu-west-1 --stage prod');
    expect(stdout).toMatch(new RegExp(`secret +ssm:${SECRET} +ok`));
  }, 180_000);

  it('default to the region of the profile', async () => {
    const run = await atHome('eu-west-1', configOf());
    expect(await run('bootstrap --yes')).toMatchObject({ code: 0 });
  }, 90_000);

  it('are shown, not written, when headgate.yml cannot be appended to', async () => {
    const json = JSON.stringify({ clusters: {}, repositories: {}, targets: [] });
    const run = await atHome(null, json);
    const { code, stderr } = await run('bootstrap --region eu-west-1 --yes');
    expect(code).toBe(0);
    expect(stderr).toContain('Add aws: { region: eu-west-1, stage: prod } to headgate.yml.');
    expect(await readFile(join(home, 'headgate.yml'), 'utf8')).toBe(json);
  }, 90_000);
});
