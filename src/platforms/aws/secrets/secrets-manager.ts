import * as z from 'zod/mini';
import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';
import { secretMissing, secretRefused } from './secret-error.ts';

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
  if (answer.status !== 200) throw secretRefused(subject, answer, 'secretsmanager:GetSecretValue');
  const { data } = z.safeParse(Answer, JSON.parse(answer.text));
  const text = data?.SecretString ?? decode(data?.SecretBinary);
  if (text === null) throw secretMissing(subject, 'has no value');
  return key === null ? text : keyOf(text, key, subject);
}

function decode(base64: string | undefined): string | null {
  return base64 === undefined ? null : Buffer.from(base64, 'base64').toString();
}

function keyOf(text: string, key: string, subject: string): string {
  const value = z.safeParse(Keys, parse(text)).data?.[key];
  if (typeof value !== 'string') throw secretMissing(subject, `is not a JSON object with a string at key ${key}`);
  return value;
}

/** Swallows the parser's error, because its message quotes the secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
