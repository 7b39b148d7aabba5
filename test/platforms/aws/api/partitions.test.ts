import { expect, it } from 'vitest';
import { PARTITIONS } from '../../../../src/platforms/aws/api/partitions.ts';
import { sdkPartitions } from './sdk-partitions.ts';

it('has the partitions of the installed AWS SDK, with their regions and domains', async () => {
  const known = Object.entries(PARTITIONS).map(([id, { dnsSuffix, regions }]) => [id, dnsSuffix, regions.source]);
  // The SDK escapes dashes, which changes nothing outside a character class.
  const sdk = (await sdkPartitions()).map(({ id, outputs, regionRegex }) => {
    return [id, outputs.dnsSuffix, regionRegex.replaceAll(String.raw`\-`, '-')];
  });
  expect(known).toEqual(sdk);
});
