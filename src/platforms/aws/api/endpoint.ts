import { dnsSuffixOf } from './partitions.ts';

/** The AWS services that are called directly, as signatures name them. */
export type AwsService = 'sts' | 'ssm' | 'secretsmanager' | 'sqs' | 'kms' | 'ecr' | 'lambda' | 'sns' | 'events';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES: Readonly<Record<AwsService, string>> = {
  sts: 'AWS_ENDPOINT_URL_STS',
  ssm: 'AWS_ENDPOINT_URL_SSM',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  sqs: 'AWS_ENDPOINT_URL_SQS',
  kms: 'AWS_ENDPOINT_URL_KMS',
  ecr: 'AWS_ENDPOINT_URL_ECR',
  lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  sns: 'AWS_ENDPOINT_URL_SNS',
  events: 'AWS_ENDPOINT_URL_EVENTBRIDGE',
};

/** The endpoint of a service, or the one that the SDKs' environment variables set: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function endpointOf(service: AwsService, region: string, env: Environment): URL {
  const configured = env[VARIABLES[service]] ?? env['AWS_ENDPOINT_URL'];
  return new URL(configured ?? `https://${hostOf(service, region)}`);
}

/** `sts.eu-west-1.amazonaws.com` */
export function hostOf(service: AwsService | 's3', region: string): string {
  return `${service === 'ecr' ? 'api.ecr' : service}.${region}.${dnsSuffixOf(region)}`;
}
