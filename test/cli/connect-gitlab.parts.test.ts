import { afterEach, describe, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES } from '../../src/deploy/webhook/receive.ts';
import { startHttpServer } from '../../src/platforms/local/http-server.ts';
import { aConfig, aRepository } from '../githost/builders.ts';
import { startGitlabApi } from '../rig/git-host/gitlab-api.ts';
import { headgate } from './headgate.ts';

const TOKEN = 'planted-admin-token-0123456789';
const FULL_NAME = 'acme/platform/fleet';
const SIGNING_TOKEN = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0)) await part.close();
});

async function connect(secret: string, { knowsSigningTokens = true } = {}) {
  const gitlab = await startGitlabApi({ token: TOKEN, fullName: FULL_NAME, knowsSigningTokens });
  const receiver = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      config: aConfig([aRepository({ host: 'gitlab', id: null, fullName: FULL_NAME })], []),
      version: '1.2.3',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => [secret],
      rotatedSecretsOf: async () => null,
      queue: { send: async () => undefined },
      randomId: () => 'made-here',
      nowMs: () => Date.now(),
      log: () => undefined,
    },
  );
  opened.push(gitlab, { close: () => receiver.close(100) });
  const url = `${gitlab.url}/${FULL_NAME}.git`;
  const fleet = { host: 'gitlab', url, webhookSecret: 'env:FLEET_SECRET', credentials: 'env:FLEET_TOKEN' };
  const config = {
    clusters: { lab: { kubeconfig: { path: './kubeconfig' } } },
    repositories: { fleet },
    targets: [],
  };
  const run = (...args: readonly string[]) =>
    headgate(args, {
      files: { 'headgate.yml': JSON.stringify(config) },
      env: { FLEET_SECRET: secret, FLEET_TOKEN: TOKEN },
    });
  const ended = await run('connect', 'fleet', '--url', receiver.url, '--yes');
  return { ...ended, hooks: gitlab.hooks, webhookUrl: `${receiver.url}/webhooks/fleet`, run };
}

describe('headgate connect of a GitLab project', () => {
  it('registers a webhook with a signing token, and sees that its test delivery was accepted', async () => {
    const { code, stdout, hooks, webhookUrl, run } = await connect(SIGNING_TOKEN);
    expect(stdout).toContain('webhook 1 is registered, and its ping succeeded');
    expect(code).toBe(0);
    expect(hooks).toMatchObject([{ url: webhookUrl, signing_token: SIGNING_TOKEN, token: '', push_events: true }]);
    const doctor = await run('doctor', '--output', 'json');
    expect(JSON.parse(doctor.stdout)).toContainEqual(
      expect.objectContaining({ kind: 'webhook', ok: true, detail: 'webhook 1, last delivery succeeded' }),
    );
  });

  it('registers a webhook with a secret token', async () => {
    const { code, hooks } = await connect('a secret of the test');
    expect(code).toBe(0);
    expect(hooks).toMatchObject([{ token: 'a secret of the test', signing_token: '' }]);
  });

  it('fails when the version of GitLab ignores the signing token', async () => {
    const { code, stderr } = await connect(SIGNING_TOKEN, { knowsSigningTokens: false });
    expect(code).toBe(1);
    expect(stderr).toContain('it has no signing token, which needs GitLab 19.0: use a secret without whsec_');
    expect(stderr).not.toContain(SIGNING_TOKEN);
  });
});
