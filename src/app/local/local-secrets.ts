import { readFile } from 'node:fs/promises';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { awsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import type { SecretSources } from '../secrets.ts';

/** Secrets from the environment, from files, and from AWS with the machine's credentials. */
export function localSecrets({
  env,
  aws,
  nowMs,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly aws: Aws;
  readonly nowMs: () => number;
}): SecretSources {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? null;
  return { env, readFile: (path) => readFile(path, 'utf8'), aws: awsSecrets({ aws, region, nowMs }) };
}
