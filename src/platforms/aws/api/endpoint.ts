import { dnsSuffixOf } from './partitions.ts';

/** The AWS services that are asked directly, as their host names begin. */
export type AwsService = 'sts' | 'ssm' | 'secretsmanager' | 'sqs' | 'kms';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES: Readonly<Record<AwsService, string>> = {
  sts: 'AWS_ENDPOINT_URL_STS',
  ssm: 'AWS_ENDPOINT_URL_SSM',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  sqs: 'AWS_ENDPOINT_URL_SQS',
  kms: 'AWS_ENDPOINT_URL_KMS',
};

/** Where a service is; the SDKs' own variables name another place: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function endpointOf(service: AwsService, region: string, env: Environment): URL {
  const written = env[VARIABLES[service]] ?? env['AWS_ENDPOINT_URL'];
  return new URL(written ?? `https://${hostOf(service, region)}`);
}

/** `sts.eu-west-1.amazonaws.com` */
export function hostOf(service: AwsService | 's3', region: string): string {
  return `${service}.${region}.${dnsSuffixOf(region)}`;
}
