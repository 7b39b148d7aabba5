import { readFile } from 'node:fs/promises';
import type { Config } from '../../../config/checked/config.ts';
import { packConfig } from '../../../config/derived/packed.ts';
import type { PackedConfig } from '../../../config/derived/packed.ts';

/** The files of the configuration's layer: headgate.json, and the private CAs that it refers to. */
export async function configFiles(config: Config): Promise<ReadonlyMap<string, Uint8Array>> {
  const packed = packConfig(config);
  const authorities = await Promise.all(
    packed.repositories.flatMap(({ name, caFile }) =>
      caFile === null ? [] : [readFile(caFile).then((content) => [authorityFile(name), content] as const)],
    ),
  );
  const repositories = packed.repositories.map((repository) => ({
    ...repository,
    caFile: repository.caFile === null ? null : authorityFile(repository.name),
  }));
  const content: PackedConfig = { ...packed, repositories };
  return new Map([['headgate.json', Buffer.from(JSON.stringify(content))], ...authorities]);
}

const authorityFile = (repository: string) => `ca/${repository}.pem`;
