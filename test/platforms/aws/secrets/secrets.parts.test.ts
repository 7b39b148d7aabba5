import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentCredentials } from '../../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../../src/platforms/aws/api/request.ts';
import { awsSecrets } from '../../../../src/platforms/aws/secrets/secrets.ts';
import type { AwsReference, AwsSecrets } from '../../../../src/platforms/aws/secrets/secrets.ts';
import { webhookSecrets } from '../../../../src/app/secrets.ts';
import { aRepository } from '../../../githost/builders.ts';
import { REGION, startAws } from '../../../rig/aws/aws.ts';
import type { AwsServer } from '../../../rig/aws/aws.ts';

const signal = new AbortController().signal;
const parameter: AwsReference = { kind: 'ssm', name: '/headgate/webhook' };

let server: AwsServer;
let aws: Aws;
let secrets: AwsSecrets;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  server = await startAws(() => nowMs);
  server.parameters.set('/headgate/webhook', 'one');
  const keys = server.addUser('arn:aws:sts::999988887777:assumed-role/webhook/fn');
  const credentials = environmentCredentials({
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  });
  aws = openAws({ credentials, env: server.env, nowMs: () => nowMs, wait: (ms) => pause(Math.min(ms, 5)) });
  secrets = awsSecrets({ aws, region: async () => REGION, nowMs: () => nowMs });
});

afterEach(async () => {
  aws.close();
  await server.close();
});

describe('a secret on AWS', () => {
  it('reads a parameter, a secret, or one key of a secret', async () => {
    server.secrets.set('fleet', '{"webhook":"from a key","number":1}');
    server.secrets.set('plain', 'as it is\n');
    expect(await secrets.read(parameter, signal)).toBe('one');
    expect(await secrets.read({ kind: 'secretsmanager', id: 'fleet', key: 'webhook' }, signal)).toBe('from a key');
    expect(await secrets.read({ kind: 'secretsmanager', id: 'plain', key: null }, signal)).toBe('as it is\n');
  });

  it.each<[string, AwsReference, string]>([
    ['a parameter', { kind: 'ssm', name: '/absent' }, 'ssm:/absent'],
    ['a secret', { kind: 'secretsmanager', id: 'absent', key: null }, 'secretsmanager:absent'],
    ['a key', { kind: 'secretsmanager', id: 'fleet', key: 'absent' }, 'secretsmanager:fleet#absent'],
    [
      'a key of a secret that is not an object',
      { kind: 'secretsmanager', id: 'plain', key: 'x' },
      'secretsmanager:plain#x',
    ],
  ])('reports what is missing by name, without any content: %s', async (_name, reference, subject) => {
    server.secrets.set('fleet', '{"number":1}');
    server.secrets.set('plain', 'planted-secret');
    const problem = await secrets.read(reference, signal).catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code: 'secret-missing', subject });
    expect(String(problem)).not.toContain('planted');
  });

  it('reads a secret once for concurrent callers, and caches it for five minutes', async () => {
    await Promise.all([1, 2, 3].map(() => secrets.read(parameter, signal)));
    nowMs += 5 * 60_000 - 1;
    await secrets.read(parameter, signal);
    expect(server.requests).toHaveLength(1);
    server.parameters.set('/headgate/webhook', 'two');
    nowMs += 1;
    expect(await secrets.read(parameter, signal)).toBe('two');
  });

  it('rereads a secret that may have been rotated, at most once a minute', async () => {
    await secrets.read(parameter, signal);
    server.parameters.set('/headgate/webhook', 'two');
    expect(await secrets.reread(parameter, signal)).toBe(true);
    expect(await secrets.read(parameter, signal)).toBe('two');
    server.parameters.set('/headgate/webhook', 'three');
    nowMs += 60_000 - 1;
    expect(await secrets.reread(parameter, signal)).toBe(false);
    expect(await secrets.read(parameter, signal)).toBe('two');
    nowMs += 1;
    expect(await secrets.reread(parameter, signal)).toBe(true);
    expect(await secrets.read(parameter, signal)).toBe('three');
  });

  it('reads a secret again after the clock was set back by a day', async () => {
    await secrets.reread(parameter, signal);
    server.parameters.set('/headgate/webhook', 'two');
    nowMs -= 86_400_000;
    expect(await secrets.read(parameter, signal)).toBe('two');
    server.parameters.set('/headgate/webhook', 'three');
    expect(await secrets.reread(parameter, signal)).toBe(true);
    expect(await secrets.read(parameter, signal)).toBe('three');
  });

  it('keeps a cached secret when a reread fails', async () => {
    await secrets.read(parameter, signal);
    server.faults = [503, 503, 503];
    nowMs += 60_000;
    await expect(secrets.reread(parameter, signal)).rejects.toMatchObject({ code: 'aws-unreachable' });
    expect(await secrets.read(parameter, signal)).toBe('one');
  });

  it('rereads webhook secrets only if one of them comes from AWS', async () => {
    const sources = { env: { SECRET: 'env' }, readFile: () => Promise.resolve(''), aws: secrets };
    const { secretsOf, rotatedSecretsOf } = webhookSecrets(sources);
    const local = aRepository({ webhookSecrets: [{ kind: 'env', name: 'SECRET' }] });
    expect(await rotatedSecretsOf(local, signal)).toBeNull();
    const remote = aRepository({ webhookSecrets: [{ kind: 'env', name: 'SECRET' }, parameter] });
    expect(await secretsOf(remote, signal)).toEqual(['env', 'one']);
    server.parameters.set('/headgate/webhook', 'two');
    expect(await rotatedSecretsOf(remote, signal)).toEqual(['env', 'two']);
    expect(await rotatedSecretsOf(remote, signal)).toBeNull();
  });
});
