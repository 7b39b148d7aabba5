import * as z from 'zod/mini';
import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';

const Answer = z.object({ SecretString: z.optional(z.string()), SecretBinary: z.optional(z.string()) });
const Keys = z.record(z.string(), z.unknown());

/**
 * Reads a secret of Secrets Manager, or one key of a secret that is a JSON object:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export async function readSecretValue(
  { id, key, region }: { readonly id: string; readonly key: string | null; readonly region: string },
  aws: Aws,
  signal: AbortSignal,
): Promise<string> {
  const content = { SecretId: id };
  const answer = await callJson(
    aws,
    { service: 'secretsmanager', region, action: 'secretsmanager.GetSecretValue', content },
    signal,
  );
  const subject = `secretsmanager:${id}${key === null ? '' : `#${key}`}`;
  // Texts that a push does not need are imported when they are.
  const refusal = () => import('./secret-error.ts');
  if (answer.status !== 200) throw (await refusal()).secretRefused(subject, answer, 'secretsmanager:GetSecretValue');
  const { data } = z.safeParse(Answer, JSON.parse(answer.text));
  const text = data?.SecretString ?? decode(data?.SecretBinary);
  if (text === null) throw (await refusal()).secretMissing(subject, 'has no value');
  if (key === null) return text;
  const value = z.safeParse(Keys, parse(text)).data?.[key];
  if (typeof value === 'string') return value;
  throw (await refusal()).secretMissing(subject, `is not a JSON object with a string at key ${key}`);
}

function decode(base64: string | undefined): string | null {
  return base64 === undefined ? null : Buffer.from(base64, 'base64').toString();
}

/** Swallows the parser's error, because its message quotes the secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
