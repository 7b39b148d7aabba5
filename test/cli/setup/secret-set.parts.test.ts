import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startStackApi } from '../../rig/aws/stack-api.ts';
import type { StackApi } from '../../rig/aws/stack-api.ts';
import { MAIN } from '../../rig/programs/headgate.ts';
import { headgate } from '../headgate.ts';

const VALUE = 'planted-token-0123456789';
const CONFIG = 'clusters: {}\nrepositories: {}\ntargets: []\naws: { region: eu-west-1 }\n';

let api: StackApi;
beforeEach(async () => {
  api = await startStackApi();
});
afterEach(() => api.close());

function secretSet(args: readonly string[], input = `${VALUE}\n`) {
  const { AWS_REGION: _, ...env } = api.env;
  return headgate(['secret', 'set', ...args], { files: { 'headgate.yml': CONFIG }, env, input });
}

describe('headgate secret set', () => {
  it('stores a parameter from stdin without its last newline, encrypted, in the region of headgate.yml', async () => {
    const { code, stdout, stderr } = await secretSet(['ssm:/headgate/fleet/token']);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toBe('created ssm:/headgate/fleet/token in eu-west-1\n');
    expect(api.parameters.get('/headgate/fleet/token')).toBe(VALUE);
    expect(api.requests.at(-1)?.content).toMatchObject({ Type: 'SecureString' });
  });

  it('replaces a parameter, and keeps the KMS key that encrypts it', async () => {
    await secretSet(['ssm:/token', '--kms-key', 'alias/headgate'], 'the first');
    expect(api.kmsKeys.get('/token')).toBe('alias/headgate');
    const { stdout } = await secretSet(['ssm:/token']);
    expect(stdout).toBe('replaced ssm:/token in eu-west-1\n');
    expect(api.parameters.get('/token')).toBe(VALUE);
    expect(api.kmsKeys.get('/token')).toBe('alias/headgate');
  });

  it('adds a key to a secret of Secrets Manager, and keeps its other keys', async () => {
    await secretSet(['secretsmanager:fleet#token']);
    await secretSet(['secretsmanager:fleet#webhook'], 'another');
    expect(JSON.parse(api.secrets.get('fleet') ?? '')).toEqual({ token: VALUE, webhook: 'another' });
    api.secrets.set('plain', 'planted-text');
    const { code, stdout, stderr } = await secretSet(['secretsmanager:plain#token']);
    expect(code).toBe(1);
    expect(stderr).toContain('is not a JSON object, so no key can be added');
    expect(stdout + stderr).not.toContain('planted');
    expect(api.secrets.get('plain')).toBe('planted-text');
  });

  it.each([
    ['env:FLEET_TOKEN', VALUE, 'only secrets on AWS can be stored'],
    [VALUE, VALUE, 'the argument is not a reference to a secret'],
    ['ssm:/token', '\n', 'the value is empty'],
  ])('refuses %s', async (reference, input, message) => {
    const { code, stderr } = await secretSet([reference], input);
    expect(code).toBe(64);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(VALUE);
    expect(api.parameters.size).toBe(0);
  });

  it('does not echo what is typed on a terminal', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-secret-'));
    try {
      await writeFile(join(directory, 'headgate.yml'), CONFIG);
      const command = `${process.execPath} ${MAIN} secret set ssm:/token`;
      const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        cwd: directory,
        env: { ...api.env, PATH: process.env['PATH'] },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let shown = '';
      child.stdout.on('data', (part: Buffer) => {
        // Typed once the prompt is there: before it, the terminal itself would echo.
        const isPrompted = shown.includes('not shown');
        shown += String(part);
        if (!isPrompted && shown.includes('not shown')) child.stdin.write(`${VALUE}\n`);
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(0);
      expect(shown).toContain('value of ssm:/token in eu-west-1 (not shown): ');
      expect(shown).toContain('created ssm:/token');
      expect(shown).not.toContain(VALUE);
      expect(api.parameters.get('/token')).toBe(VALUE);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
