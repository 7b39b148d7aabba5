import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod/mini';

const Data = z.object({
  partitionsInfo: z.object({
    partitions: z.array(
      z.object({
        id: z.string(),
        outputs: z.object({ dnsSuffix: z.string() }),
        regionRegex: z.string(),
        regions: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
});

export type SdkPartition = z.infer<typeof Data>['partitionsInfo']['partitions'][number];

/** The data that the installed SDK resolves its endpoints with. The package does not export it. */
export async function sdkPartitions(): Promise<readonly SdkPartition[]> {
  const client = createRequire(import.meta.url).resolve('@aws-sdk/client-eks');
  const core = dirname(createRequire(client).resolve('@aws-sdk/core/package.json'));
  const path = join(core, 'dist-es', 'submodules', 'client', 'util-endpoints', 'lib', 'aws', 'partitions.js');
  const data: unknown = await import(pathToFileURL(path).href);
  return z.parse(Data, data).partitionsInfo.partitions;
}

/** Without the names of services that are not regional. */
export async function sdkRegions(): Promise<readonly string[]> {
  const partitions = await sdkPartitions();
  return partitions.flatMap(({ regions }) => Object.keys(regions)).filter((region) => !region.endsWith('-global'));
}
