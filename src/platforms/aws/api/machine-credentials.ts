import { DeployError, reasonOf } from '../../../error/deploy-error.ts';
import type { CredentialSource } from './credentials.ts';
import type { AwsCredentials } from './signature.ts';

/** Finds credentials as the AWS CLI does: environment, profiles, SSO, the machine's role. Imports the SDK on first use. */
export function machineCredentials(nowMs: () => number): CredentialSource {
  let known: AwsCredentials | null = null;
  return async () => {
    if (known !== null && (known.expiresAtMs ?? Infinity) - nowMs() > 60_000) return known;
    known = await resolve();
    return known;
  };
}

async function resolve(): Promise<AwsCredentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await defaultProvider()();
    const expiresAtMs = expiration === undefined ? null : expiration.getTime();
    return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null, expiresAtMs };
  } catch (cause) {
    throw new DeployError('aws-unauthorized', {
      subject: 'AWS credentials',
      message: `no credentials found: ${reasonOf(cause)}`,
      remedy: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or attach a role to the machine.',
      cause,
    });
  }
}
