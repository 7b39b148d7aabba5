import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentCredentials } from '../../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../../src/platforms/aws/api/request.ts';
import { ecrLogin } from '../../../../src/platforms/aws/ecr/registry-login.ts';
import { startAws } from '../../../rig/aws/aws.ts';
import type { AwsServer } from '../../../rig/aws/aws.ts';

const signal = new AbortController().signal;
const HOST = '111122223333.dkr.ecr.eu-central-1.amazonaws.com';

let server: AwsServer;
let aws: Aws;
beforeEach(async () => {
  server = await startAws();
  const { accessKeyId, secretAccessKey } = server.addUser('arn:aws:sts::999988887777:assumed-role/deploy/fn');
  const credentials = environmentCredentials({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  aws = openAws({ credentials, env: server.env, nowMs: () => Date.now(), wait: () => Promise.resolve() });
});
afterEach(async () => {
  aws.close();
  await server.close();
});

describe('the login to a registry', () => {
  it('is requested from ECR in the region of the registry', async () => {
    server.registryPassword = 'planted-registry-password';
    const login = await ecrLogin(HOST, aws, signal);
    expect(Buffer.from(login ?? '', 'base64').toString()).toBe('AWS:planted-registry-password');
    expect(server.requests).toMatchObject([{ service: 'ecr', region: 'eu-central-1', status: 200 }]);
  });

  it('is none for a registry that is not private on ECR', async () => {
    for (const host of ['ghcr.io', 'public.ecr.aws', `${HOST}.example.com`, 'dkr.ecr.eu-central-1.amazonaws.com'])
      expect(await ecrLogin(host, aws, signal)).toBeNull();
    expect(server.requests).toEqual([]);
  });

  it('names the missing right', async () => {
    await expect(ecrLogin(HOST, aws, signal)).rejects.toMatchObject({
      code: 'aws-unauthorized',
      subject: HOST,
      remedy: expect.stringContaining('ecr:GetAuthorizationToken'),
    });
  });
});
