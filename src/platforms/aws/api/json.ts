import type { Aws, AwsAnswer } from './request.ts';
import type { AwsService } from './endpoint.ts';

/** One call of a service that speaks AWS's JSON protocol. */
export interface JsonCall {
  readonly service: AwsService;
  readonly region: string;
  /** `AmazonSSM.GetParameter` */
  readonly action: string;
  readonly content: object;
}

/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html; SQS speaks version 1.0. */
export function callJson(
  aws: Aws,
  { service, region, action, content }: JsonCall,
  signal: AbortSignal,
): Promise<AwsAnswer> {
  const version = service === 'sqs' ? '1.0' : '1.1';
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': action };
  return aws.call({ service, region, headers, body: JSON.stringify(content) }, signal);
}
