import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startStackApi } from '../rig/aws/stack-api.ts';
import type { StackApi } from '../rig/aws/stack-api.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { SECRET, TOKEN } from '../rig/testbed/testbed.ts';
import { headgate } from '../cli/headgate.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n';

let aws: AwsTestbed;
let api: StackApi;
let home: string;
let run: (line: string) => ReturnType<typeof headgate>;

// The operator has a profile; the packaged functions have the roles that the cluster's role trusts.
beforeAll(async () => {
  aws = await AwsTestbed.build();
  await aws.testbed.push({ 'apps/web.yaml': CONFIG_MAP });
  api = await startStackApi();
  home = join(aws.testbed.directory, 'home');
  await mkdir(join(home, '.aws'), { recursive: true });
  for (const [name, text] of Object.entries(api.profile('us-east-1'))) await writeFile(join(home, '.aws', name), text);
  const config: unknown = JSON.parse(await readFile(join(aws.testbed.directory, 'headgate.yml'), 'utf8'));
  await writeFile(join(home, 'headgate.yml'), stringify(config));
  api.webhookUrl = aws.webhookUrl.replace('webhooks/fleet', '');
  api.parameters.set('/headgate/webhook', SECRET);
  api.secrets.set('fleet', JSON.stringify({ token: TOKEN }));
  for (const name of ['webhook', 'deploy', 'sweep'] as const) {
    api.functions.set(`headgate-prod-${name}`, (event) => aws.functions[name].call(event));
  }
  const env = { HOME: home, AWS_PROFILE: 'admin', AWS_ENDPOINT_URL: api.url, PATH: process.env['PATH'] ?? '' };
  run = (line) => headgate(line.split(' '), { directory: home, env, timeoutMs: 120_000 });
});
afterAll(async () => {
  await api.close();
  await aws.tearDown();
});

describe('the commands of the README for AWS', () => {
  it('work in their order with nothing but a profile, for an operator that no cluster trusts', async () => {
    const trust = [...aws.aws.roles][0];
    if (trust === undefined) throw new Error('the test has no role');
    const [role, trusted] = trust;
    const bootstrap = await run('bootstrap --region eu-west-1 --yes');
    expect(bootstrap.stderr).not.toContain('error');
    expect(bootstrap.code).toBe(0);
    expect(await run('connect fleet --yes')).toMatchObject({ code: 0 });

    aws.aws.roles.set(role, { ...trusted, trusts: 'arn:aws:sts::999988887777:assumed-role/another' });
    const refused = await run('connect prod');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(
      /^target +\S+ +headgate-prod-deploy +FAILED +the role cannot be assumed: AccessDenied/m,
    );
    expect(refused.stdout).toContain('aws cloudformation deploy --region eu-west-1 --stack-name headgate-access-shop');

    aws.aws.roles.set(role, trusted);
    const connected = await run('connect prod');
    expect(connected.stdout).toMatch(
      /^aws +eu-west-1 +headgate-prod-deploy +ok +as arn:aws:sts::999988887777:assumed-role\/headgate-deploy\/fn$/m,
    );
    expect(connected.stdout).toMatch(
      /^target +\S+ +headgate-prod-deploy +ok +as \S+, .*; in \S+ may get configmaps, create configmaps, .*create events$/m,
    );
    expect(connected.stdout).toMatch(
      /^target +\S+ +headgate-prod-sweep +ok +as \S+, .*; in \S+ may get configmaps, list configmaps$/m,
    );
    expect(connected.stdout).not.toContain('FAILED');
    expect(connected.code).toBe(0);
    const { code, stdout } = await run('doctor');
    expect(stdout).toMatch(/^webhook +fleet +this machine +ok/m);
    expect(stdout).toMatch(/^secret +fleet +headgate-prod-webhook +ok +webhook secrets found$/m);
    expect(stdout).toMatch(/^repository +fleet +headgate-prod-deploy +ok/m);
    expect(stdout).toMatch(/^statuses +fleet +headgate-prod-deploy +ok/m);
    expect(stdout).not.toContain(SECRET);
    expect(code).toBe(0);
  }, 240_000);

  it('find a secret that only the functions cannot read', async () => {
    aws.aws.secrets.delete('fleet');
    const { code, stdout } = await run('doctor --output json');
    expect(code).toBe(1);
    const rows = JSON.parse(stdout) as readonly { kind: string; by?: string; ok: boolean; remedy: string | null }[];
    expect(rows.find(({ kind, by }) => kind === 'secret' && by === 'headgate-prod-deploy')).toMatchObject({
      ok: false,
      remedy: 'Store it with headgate secret set secretsmanager:fleet#token, or fix the reference in headgate.yml.',
    });
    aws.aws.secrets.set('fleet', JSON.stringify({ token: TOKEN }));
  }, 120_000);

  it('find a read role that does not trust the sweep, while the deploy function has access', async () => {
    const [role, trusted] = [...aws.aws.roles].find(([arn]) => arn.endsWith('/shop-read')) ?? [];
    if (role === undefined || trusted === undefined) throw new Error('the test has no read role');
    aws.aws.roles.set(role, { ...trusted, trusts: 'arn:aws:sts::999988887777:assumed-role/another' });
    await aws.functions.sweep.stop();
    const { code, stdout } = await run('connect prod');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^target +\S+ +headgate-prod-deploy +ok/m);
    expect(stdout).toMatch(/^target +\S+ +headgate-prod-sweep +FAILED +the role cannot be assumed: AccessDenied/m);
    expect(stdout).toContain('--stack-name headgate-access-shop-read');
    aws.aws.roles.set(role, trusted);
  }, 120_000);

  it('say that a function of an older version must be deployed again', async () => {
    api.functions.set('headgate-prod-deploy', () => Promise.reject(new TypeError('Records is not iterable')));
    const { code, stdout } = await run('connect prod');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^function +headgate-prod-deploy +\S.* FAILED +the function failed: Records is not iterable$/m,
    );
    expect(stdout).toContain('Run headgate bootstrap: the function may be of an older version.');
  }, 120_000);
});
