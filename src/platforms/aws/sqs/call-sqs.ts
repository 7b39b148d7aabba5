import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';

/** Resolves to the text of SQS's answer: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html */
export async function callSqs(
  { aws, region }: { readonly aws: Aws; readonly region: string },
  { action, content }: { readonly action: string; readonly content: object },
  signal: AbortSignal,
): Promise<string> {
  const call = { service: 'sqs', region, action: `AmazonSQS.${action}`, content } as const;
  const { status, text } = await callJson(aws, call, signal);
  if (status !== 200) throw new Error(`SQS returned status ${status}: ${text.slice(0, 300)}`);
  return text;
}
