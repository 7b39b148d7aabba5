import * as z from 'zod/mini';
import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';

const Answer = z.object({ Parameter: z.object({ Value: z.string() }) });

/** Reads a SecureString or plain parameter of Parameter Store: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
export async function readParameter(
  { name, region }: { readonly name: string; readonly region: string },
  aws: Aws,
  signal: AbortSignal,
): Promise<string> {
  const content = { Name: name, WithDecryption: true };
  const answer = await callJson(aws, { service: 'ssm', region, action: 'AmazonSSM.GetParameter', content }, signal);
  const subject = `ssm:${name}`;
  // Texts that a push does not need are imported when they are.
  if (answer.status !== 200)
    throw (await import('./secret-error.ts')).secretRefused(subject, answer, 'ssm:GetParameter');
  const { data } = z.safeParse(Answer, JSON.parse(answer.text));
  if (data === undefined) throw (await import('./secret-error.ts')).secretMissing(subject, 'has no value');
  return data.Parameter.Value;
}
