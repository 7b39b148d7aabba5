import { randomUUID } from 'node:crypto';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import { createSecret, replaceSecret } from '../../platforms/aws/secrets/write-secret.ts';
import { describeSecret } from '../../platforms/aws/secrets/describe-secret.ts';
import type { AwsReference } from '../../platforms/aws/secrets/secrets.ts';
import { formatReference, parseReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { regionOf } from '../stack/headgate-stack.ts';

/** Stores the secret that a reference of headgate.yml names. The value comes from the terminal or stdin, never from an argument. */
export async function secretSetCommand(
  context: Context,
  { reference: written, kmsKey }: { readonly reference: string; readonly kmsKey: string | null },
): Promise<ExitCode> {
  const { env, nowMs, signal, output, print } = context;
  const reference = storable(written);
  const region = regionInArn(reference) ?? (await regionOf(context));
  const name = formatReference(reference);
  const value = (await context.askSecret(`value of ${name} in ${region} (not shown): `)).replace(/\r?\n$/, '');
  if (value.trim() === '') throw usage(name, 'the value is empty', 'Type the value, or pipe it to stdin.');
  const aws = openAws({ credentials: machineCredentials(nowMs), env, nowMs, wait });
  try {
    const writer = { aws, region, randomId: randomUUID };
    const stored = await describeSecret(reference, writer, signal);
    const isCreated = stored === null && (await createSecret(reference, { value, kmsKey }, writer, signal));
    const before = stored ?? { kmsKey: null };
    if (!isCreated) await replaceSecret(reference, { value, kmsKey, stored: before }, writer, signal);
    const done = isCreated ? 'created' : 'replaced';
    print(
      output === 'json' ? JSON.stringify({ reference: name, region, [done]: true }) : `${done} ${name} in ${region}`,
    );
    return 0;
  } finally {
    aws.close();
  }
}

function storable(written: string): AwsReference {
  const reference = parseReference(written);
  if (reference?.kind === 'ssm' || reference?.kind === 'secretsmanager') return reference;
  if (reference === null) {
    // Someone may pass the value instead of the reference, so it is not repeated.
    throw usage(
      'headgate secret set',
      'the argument is not a reference to a secret',
      'Pass one such as ssm:/headgate/fleet/token.',
    );
  }
  const where = reference.kind === 'env' ? 'the environment of Headgate' : 'the file, with an editor';
  throw usage(written, 'only secrets on AWS can be stored', `Set the value in ${where}.`);
}

function regionInArn(reference: AwsReference): string | null {
  const name = reference.kind === 'ssm' ? reference.name : reference.id;
  return /^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(name)?.[1] ?? null;
}

function usage(subject: string, message: string, remedy: string): DeployError {
  return new DeployError('usage', { subject, message, remedy });
}
