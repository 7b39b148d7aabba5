import { readFile } from 'node:fs/promises';
import { machineRegion } from '../../platforms/aws/api/machine-region.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { awsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import type { SecretSources } from '../secrets.ts';

/** Secrets from the environment, from files, and from AWS with the machine's credentials. */
export function localSecrets({
  env,
  aws,
  region,
  nowMs,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly aws: Aws;
  /** Of headgate.yml. Null: the machine's. */
  readonly region: string | null;
  readonly nowMs: () => number;
}): SecretSources {
  return {
    env,
    readFile: (path) => readFile(path, 'utf8'),
    aws: awsSecrets({ aws, region: async () => region ?? machineRegion(env), nowMs }),
  };
}
