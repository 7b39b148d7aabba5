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
export function hostOf(service: AwsService, region: string): string {
  return `${service}.${region}.${suffixOf(region)}`;
}

/** Each partition has domain names of its own. */
function suffixOf(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn';
  if (region.startsWith('us-isob-')) return 'sc2s.sgov.gov';
  if (region.startsWith('us-isof-')) return 'csp.hci.ic.gov';
  if (region.startsWith('eu-isoe-')) return 'cloud.adc-e.uk';
  if (region.startsWith('us-iso-')) return 'c2s.ic.gov';
  return 'amazonaws.com';
}
