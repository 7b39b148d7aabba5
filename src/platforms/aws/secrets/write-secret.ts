import { callJson } from '../api/json.ts';
import type { Aws, AwsAnswer } from '../api/request.ts';
import { formatReference } from '../../../config/written/reference.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import type { StoredSecret } from './describe-secret.ts';
import { errorTypeOf } from './secret-error.ts';
import { readSecretValue } from './secrets-manager.ts';
import type { AwsReference } from './secrets.ts';

export interface SecretWriter {
  readonly aws: Aws;
  readonly region: string;
  readonly randomId: () => string;
}

export interface NewValue {
  readonly value: string;
  /** Null: the key that it already has, or else AWS's own. */
  readonly kmsKey: string | null;
}

/**
 * False: it already exists, and is left as it is. That is also the answer to the retry of a request whose first answer was
 * lost, so a caller must not take it for an error.
 */
export async function createSecret(
  reference: AwsReference,
  { value, kmsKey }: NewValue,
  writer: SecretWriter,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await send(creationOf(reference, { value, kmsKey }, writer.randomId()), writer, signal);
  if (answer.status === 200) return true;
  if (/^(?:ParameterAlreadyExists|ResourceExistsException)$/.test(errorTypeOf(answer))) return false;
  throw refused(reference, answer, reference.kind === 'ssm' ? 'ssm:PutParameter' : 'secretsmanager:CreateSecret');
}

/** Of a secret with several keys, the other keys are kept. */
export async function replaceSecret(
  reference: AwsReference,
  { value, kmsKey, stored }: NewValue & { readonly stored: StoredSecret },
  writer: SecretWriter,
  signal: AbortSignal,
): Promise<void> {
  // Without a key, Parameter Store would encrypt the new value with AWS's.
  const key = kmsKey ?? stored.kmsKey;
  const write =
    reference.kind === 'ssm'
      ? parameter(reference.name, { value, kmsKey: key }, true)
      : update(reference, { value: await mergedInto(reference, value, writer, signal), kmsKey }, writer.randomId());
  const answer = await send(write, writer, signal);
  if (answer.status === 200) return;
  throw refused(reference, answer, reference.kind === 'ssm' ? 'ssm:PutParameter' : 'secretsmanager:UpdateSecret');
}

interface Write {
  readonly service: AwsReference['kind'];
  readonly action: string;
  readonly content: object;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
function parameter(name: string, { value, kmsKey }: NewValue, isReplaced: boolean): Write {
  const key = kmsKey === null ? {} : { KeyId: kmsKey };
  const content = { Name: name, Value: value, Type: 'SecureString', Overwrite: isReplaced, ...key };
  return { service: 'ssm', action: 'AmazonSSM.PutParameter', content };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
function creationOf(reference: AwsReference, given: NewValue, token: string): Write {
  if (reference.kind === 'ssm') return parameter(reference.name, given, false);
  const { id, key } = reference;
  const text = key === null ? given.value : JSON.stringify({ [key]: given.value });
  const encryption = given.kmsKey === null ? {} : { KmsKeyId: given.kmsKey };
  const content = { Name: id, SecretString: text, ClientRequestToken: token, ...encryption };
  return { service: 'secretsmanager', action: 'secretsmanager.CreateSecret', content };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html */
function update({ id }: { readonly id: string }, { value, kmsKey }: NewValue, token: string): Write {
  const encryption = kmsKey === null ? {} : { KmsKeyId: kmsKey };
  const content = { SecretId: id, SecretString: value, ClientRequestToken: token, ...encryption };
  return { service: 'secretsmanager', action: 'secretsmanager.UpdateSecret', content };
}

/** @throws DeployError when the secret is not a JSON object, which adding a key would destroy */
async function mergedInto(
  { id, key }: { readonly id: string; readonly key: string | null },
  value: string,
  { aws, region }: SecretWriter,
  signal: AbortSignal,
): Promise<string> {
  if (key === null) return value;
  const read = parsed(await readSecretValue({ id, key: null, region }, aws, signal));
  if (typeof read === 'object' && read !== null && !Array.isArray(read))
    return JSON.stringify({ ...read, [key]: value });
  throw new DeployError('config-invalid', {
    subject: `secretsmanager:${id}`,
    message: 'the secret exists and is not a JSON object, so no key can be added',
    remedy: 'Refer to it without #key, or choose another secret.',
  });
}

/** Swallows the parser's error, because its message quotes the secret. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function send(
  { service, action, content }: Write,
  { aws, region }: SecretWriter,
  signal: AbortSignal,
): Promise<AwsAnswer> {
  return callJson(aws, { service, region, action, content }, signal);
}

/** Names only the error's type: the message could quote the value. */
function refused(reference: AwsReference, answer: AwsAnswer, permission: string): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: formatReference(reference),
    message: `the secret cannot be stored: ${errorTypeOf(answer)}`,
    remedy: `Sign in with the permission ${permission}, and kms:Encrypt or kms:GenerateDataKey if its key is customer managed.`,
  });
}
