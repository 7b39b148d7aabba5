import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { environmentCredentials } from '../../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../../src/platforms/aws/api/request.ts';
import { awsSecrets } from '../../../../src/platforms/aws/secrets/secrets.ts';
import { openDataKeys } from '../../../../src/app/data-keys.ts';
import { envelopeOf, verifyFile } from '../../../../src/desired/sops/decrypt.ts';
import type { Envelope } from '../../../../src/desired/sops/envelope.ts';
import { aTarget } from '../../../githost/builders.ts';
import { AGE_KEY, fixture } from '../../../desired/sops/files.ts';
import { REGION, sealKms, startAws } from '../../../rig/aws/aws.ts';
import type { AwsServer } from '../../../rig/aws/aws.ts';

const signal = new AbortController().signal;
const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/0f3c2a51-1111-4222-8333-944444444444';
const CONTEXT = { app: 'shop' };

let server: AwsServer;
let aws: Aws;

beforeEach(async () => {
  server = await startAws();
  server.keys.set(ARN, randomBytes(32));
  const keys = server.addUser('arn:aws:iam::111122223333:user/deploy');
  const env = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  const wait = (ms: number) => pause(Math.min(ms, 5));
  aws = openAws({ credentials: environmentCredentials(env), env: server.env, nowMs: () => Date.now(), wait });
});

afterEach(async () => {
  aws.close();
  await server.close();
});

function keysOf(decryption: { age: boolean; kms: boolean }) {
  const sources = {
    env: { AGE_KEY },
    readFile: () => Promise.reject(new Error('no file is read')),
    aws: awsSecrets({ aws, region: async () => REGION, nowMs: () => Date.now() }),
  };
  const age = decryption.age ? ({ kind: 'env', name: 'AGE_KEY' } as const) : null;
  return openDataKeys(aTarget({ decryption: { age, kms: decryption.kms } }), sources);
}

function envelope(): Envelope {
  const read = envelopeOf(fixture('secret.yaml'));
  if (read === null || 'message' in read) throw new Error('not read');
  return read;
}

/** The data key of the file, wrapped by KMS instead of age: the MAC does not cover the key list. */
async function wrapped(change: { arn?: string; context?: Record<string, string> } = {}) {
  const dataKey = await keysOf({ age: true, kms: false }).open(envelope().key, signal);
  const key = server.keys.get(ARN);
  if (dataKey === null || key === undefined) throw new Error('no key');
  const enc = sealKms(dataKey, { key, context: CONTEXT });
  return { age: [], kms: [{ arn: ARN, enc, context: CONTEXT, ...change }] };
}

it('AWS KMS decrypts a file by a signed request with the key and context that the file names', async () => {
  const key = await keysOf({ age: false, kms: true }).open(await wrapped(), signal);
  if (key === null) throw new Error('not opened');
  expect(verifyFile(fixture('secret.yaml'), { envelope: envelope(), key })).toBeNull();
  expect(server.requests).toMatchObject([{ service: 'kms', action: 'Decrypt', status: 200 }]);
});

it('AWS KMS gets no request unless the target allows it, and none for an ARN of another service', async () => {
  expect(await keysOf({ age: false, kms: false }).open(await wrapped(), signal)).toBeNull();
  expect(
    await keysOf({ age: false, kms: true }).open(await wrapped({ arn: 'arn:aws:kms:evil.com/x:1:key/a' }), signal),
  ).toBeNull();
  expect(server.requests).toEqual([]);
});

it('AWS KMS decrypts nothing in another context, and a key that may not be used is reported', async () => {
  expect(await keysOf({ age: false, kms: true }).open(await wrapped({ context: { app: 'other' } }), signal)).toBeNull();
  const arn = ARN.replace('0f3c', 'ffff');
  await expect(keysOf({ age: false, kms: true }).open(await wrapped({ arn }), signal)).rejects.toMatchObject({
    code: 'aws-unauthorized',
    subject: arn,
    remedy: expect.stringContaining('kms:Decrypt'),
  });
});
