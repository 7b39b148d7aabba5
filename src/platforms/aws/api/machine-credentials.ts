import { DeployError } from '../../../error/deploy-error.ts';
import type { CredentialSource } from './credentials.ts';
import type { AwsCredentials } from './signature.ts';

/** How the AWS command line finds them: environment, profiles, SSO, the machine's role. Loaded when the first is needed. */
export function machineCredentials(nowMs: () => number): CredentialSource {
  let known: AwsCredentials | null = null;
  return async () => {
    if (known !== null && (known.expiresAtMs ?? Infinity) - nowMs() > 60_000) return known;
    known = await find();
    return known;
  };
}

async function find(): Promise<AwsCredentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await defaultProvider()();
    const expiresAtMs = expiration === undefined ? null : expiration.getTime();
    return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null, expiresAtMs };
  } catch (cause) {
    throw new DeployError('aws-unauthorized', {
      subject: 'the credentials for AWS',
      message: `none were found: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.',
      cause,
    });
  }
}
