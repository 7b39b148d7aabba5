import * as z from 'zod/mini';
import { DeployError } from '../../../error/deploy-error.ts';
import { callJson } from '../api/json.ts';
import { errorTypeOf } from './secret-error.ts';
import type { Aws } from '../api/request.ts';

export interface KmsCiphertext {
  readonly arn: string;
  /** Base64. */
  readonly enc: string;
  readonly context: Readonly<Record<string, string>>;
}

const Answer = z.object({ Plaintext: z.string() });
const ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[\w/-]{1,256}$/;
/** Encrypted with another key or context. Another key of the file may still fit. */
const WRONG_KEY: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html. Null: this key does not decrypt the text. */
export async function decryptByKms(
  { arn, enc, context }: KmsCiphertext,
  aws: Aws,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const region = ARN.exec(arn)?.[1];
  if (region === undefined) return null;
  const content = {
    KeyId: arn,
    CiphertextBlob: enc,
    ...(Object.keys(context).length === 0 ? {} : { EncryptionContext: context }),
  };
  const answer = await callJson(aws, { service: 'kms', region, action: 'TrentService.Decrypt', content }, signal);
  if (answer.status === 200) {
    const { data } = z.safeParse(Answer, JSON.parse(answer.text));
    return data === undefined ? null : Buffer.from(data.Plaintext, 'base64');
  }
  const kind = errorTypeOf(answer);
  if (WRONG_KEY.has(kind)) return null;
  throw new DeployError(answer.status >= 500 ? 'aws-unreachable' : 'aws-unauthorized', {
    subject: arn,
    message: `the KMS key of an encrypted file cannot be used (${kind})`,
    remedy: 'Grant kms:Decrypt on this key to the identity that runs Headgate.',
  });
}
