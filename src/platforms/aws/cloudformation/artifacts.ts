import { DeployError } from '../../../error/deploy-error.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { hostOf } from '../api/endpoint.ts';
import { sdkCredentials } from '../api/credentials.ts';

/** The bucket of the functions' code. A key names its content, so an existing object is never out of date. */
export interface Artifacts {
  has(key: string, signal: AbortSignal): Promise<boolean>;
  put(key: string, content: Buffer, signal: AbortSignal): Promise<void>;
  /** The URL for CloudFormation. */
  urlOf(key: string): string;
  close(): void;
}

export async function openArtifacts(
  { bucket, region }: { readonly bucket: string; readonly region: string },
  credentials: CredentialSource,
): Promise<Artifacts> {
  const { S3Client, HeadObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ region, maxAttempts: 5, credentials: sdkCredentials(credentials) });

  return {
    async has(Key, signal) {
      const head = client.send(new HeadObjectCommand({ Bucket: bucket, Key }), { abortSignal: signal });
      return head.then(
        () => true,
        (cause: unknown) => {
          if (cause instanceof Error && cause.name === 'NotFound') return false;
          throw failure(bucket, cause);
        },
      );
    },
    async put(Key, Body, signal) {
      const put = client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }), { abortSignal: signal });
      await put.catch((cause: unknown) => Promise.reject(failure(bucket, cause)));
    },
    urlOf: (key) => `https://${bucket}.${hostOf('s3', region)}/${key}`,
    close: () => client.destroy(),
  };
}

function failure(bucket: string, cause: unknown): DeployError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  return new DeployError('aws-unreachable', {
    subject: `bucket ${bucket}`,
    message: `${error.name}: ${error.message}`,
    remedy: 'Allow this user to read and write the bucket of the stack, then try again.',
    cause,
  });
}
