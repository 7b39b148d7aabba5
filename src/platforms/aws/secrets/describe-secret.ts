import * as z from 'zod/mini';
import { callJson } from '../api/json.ts';
import type { Aws } from '../api/request.ts';
import { errorTypeOf, isMissing, secretRefused } from './secret-error.ts';
import type { AwsReference } from './secrets.ts';

/** What AWS shows of a stored secret without its value. */
export interface StoredSecret {
  /** The id or ARN of its KMS key; null: AWS's own. */
  readonly kmsKey: string | null;
}

/** Null: it does not exist. Needs no permission to read the value. */
export function describeSecret(
  reference: AwsReference,
  at: { readonly aws: Aws; readonly region: string },
  signal: AbortSignal,
): Promise<StoredSecret | null> {
  return reference.kind === 'ssm' ? describeParameter(reference.name, at, signal) : describe(reference, at, signal);
}

const Parameters = z.object({ Parameters: z.array(z.object({ KeyId: z.optional(z.string()) })) });

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html */
async function describeParameter(
  name: string,
  { aws, region }: { aws: Aws; region: string },
  signal: AbortSignal,
): Promise<StoredSecret | null> {
  const content = { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [name] }] };
  const call = { service: 'ssm', region, action: 'AmazonSSM.DescribeParameters', content } as const;
  const answer = await callJson(aws, call, signal);
  if (answer.status !== 200) throw secretRefused(`ssm:${name}`, answer, 'ssm:DescribeParameters');
  const [found] = z.parse(Parameters, JSON.parse(answer.text)).Parameters;
  return found === undefined ? null : { kmsKey: found.KeyId ?? null };
}

const Secret = z.object({ KmsKeyId: z.optional(z.string()), DeletedDate: z.optional(z.number()) });

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
async function describe(
  { id }: { readonly id: string },
  { aws, region }: { aws: Aws; region: string },
  signal: AbortSignal,
): Promise<StoredSecret | null> {
  const content = { SecretId: id };
  const call = { service: 'secretsmanager', region, action: 'secretsmanager.DescribeSecret', content } as const;
  const answer = await callJson(aws, call, signal);
  if (answer.status !== 200 && isMissing(errorTypeOf(answer))) return null;
  if (answer.status !== 200) throw secretRefused(`secretsmanager:${id}`, answer, 'secretsmanager:DescribeSecret');
  const { KmsKeyId, DeletedDate } = z.parse(Secret, JSON.parse(answer.text));
  return DeletedDate === undefined ? { kmsKey: KmsKeyId ?? null } : null;
}
