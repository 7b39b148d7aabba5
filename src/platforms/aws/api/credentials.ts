import type { AwsCredentials } from './signature.ts';

/** Called before every signature. The source caches credentials that are still valid. */
export type CredentialSource = () => Promise<AwsCredentials>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The role of a Lambda function, valid as long as its execution environment. */
export function environmentCredentials(env: Environment): CredentialSource {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  const sessionToken = env['AWS_SESSION_TOKEN'] ?? null;
  return () => Promise.resolve({ accessKeyId, secretAccessKey, sessionToken, expiresAtMs: null });
}

/** Adapts a source to the clients of AWS's SDK. */
export function sdkCredentials(credentials: CredentialSource) {
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await credentials();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === null ? {} : { sessionToken }),
      ...(expiresAtMs === null ? {} : { expiration: new Date(expiresAtMs) }),
    };
  };
}
