import { callJson } from '../api/json.ts';
import type { Aws, AwsAnswer } from '../api/request.ts';
import { DeployError } from '../../../error/deploy-error.ts';

export interface NewSecret {
  readonly name: string;
  readonly value: string;
  readonly region: string;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
export async function createParameter(
  { name, value, region }: NewSecret,
  aws: Aws,
  signal: AbortSignal,
): Promise<void> {
  const content = { Name: name, Value: value, Type: 'SecureString', Overwrite: false };
  const answer = await callJson(aws, { service: 'ssm', region, action: 'AmazonSSM.PutParameter', content }, signal);
  if (answer.status !== 200) throw refused(`ssm:${name}`, answer, 'ssm:PutParameter');
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
export async function createSecret(
  { name, value, region }: NewSecret,
  { aws, randomId }: { readonly aws: Aws; readonly randomId: () => string },
  signal: AbortSignal,
): Promise<void> {
  const content = { Name: name, SecretString: value, ClientRequestToken: randomId() };
  const answer = await callJson(
    aws,
    { service: 'secretsmanager', region, action: 'secretsmanager.CreateSecret', content },
    signal,
  );
  if (answer.status !== 200) throw refused(`secretsmanager:${name}`, answer, 'secretsmanager:CreateSecret');
}

/** AWS's error text never holds the value, only the name. */
function refused(subject: string, { status, text }: AwsAnswer, permission: string): DeployError {
  const code = /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(text)?.[1] ?? `status ${status}`;
  return new DeployError('aws-unauthorized', {
    subject,
    message: `the secret cannot be created: ${code}`,
    remedy: `Sign in with the permission ${permission}, or create the secret manually.`,
  });
}
