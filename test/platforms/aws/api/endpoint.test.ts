import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { endpointOf, hostOf } from '../../../../src/platforms/aws/api/endpoint.ts';
import { sdkRegions } from './sdk-partitions.ts';

const regions = await sdkRegions();

async function hostOfSdk(region: string): Promise<string> {
  const client = new SQSClient({ region });
  const { url } = client.config.endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false });
  client.destroy();
  return url.host;
}

describe('the host of an AWS service', () => {
  it.each(regions)('equals the one that the SDK uses in %s', async (region) => {
    expect(hostOf('sqs', region)).toBe(await hostOfSdk(region));
  });

  it.each(['us-newton-1', 'cn-new-2', 'us-gov-new-1', 'eusc-de-west-2', 'xx-new-1'])(
    'is the one that the SDK uses in %s, a region that it does not know yet',
    async (region) => {
      expect(hostOf('sqs', region)).toBe(await hostOfSdk(region));
    },
  );

  it('is overridden by the variable of the service, or else by that of all services', () => {
    const all = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect(endpointOf('kms', 'eu-west-1', {}).href).toBe('https://kms.eu-west-1.amazonaws.com/');
    expect(endpointOf('kms', 'eu-west-1', all).href).toBe('http://127.0.0.1:1/');
    expect(endpointOf('kms', 'eu-west-1', { ...all, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:2' }).port).toBe('2');
  });
});
