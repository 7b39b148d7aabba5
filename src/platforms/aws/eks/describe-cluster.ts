import * as z from 'zod/mini';
import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsCredentials } from '../api/signature.ts';

export interface EksClusterName {
  readonly name: string;
  readonly region: string;
}

export interface EksEndpoint {
  readonly server: string;
  /** PEM; holds two certificates while the authority is being rotated. */
  readonly ca: string;
}

const Refused = z.object({ $metadata: z.object({ httpStatusCode: z.literal(403) }) });

/** Reads the endpoint and the certificate authority of a cluster. Cache the result: importing the client takes longer than a whole deploy. */
export async function describeCluster(
  { name, region }: EksClusterName,
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<EksEndpoint> {
  const { EKSClient, DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const client = new EKSClient({
    region,
    maxAttempts: 3,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
  });
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }), { abortSignal: signal });
    const server = cluster?.endpoint;
    const data = cluster?.certificateAuthority?.data;
    if (server === undefined || data === undefined)
      throw new Error(`the cluster has no endpoint yet (status ${cluster?.status ?? 'unknown'})`);
    return { server, ca: Buffer.from(data, 'base64').toString() };
  } catch (cause) {
    throw failure({ name, region }, cause);
  } finally {
    client.destroy();
  }
}

function failure({ name, region }: EksClusterName, cause: unknown): DeployError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  // Credentials are refused by names that depend on what is wrong with them, and always with 403.
  const isRefused =
    z.safeParse(Refused, cause).success ||
    ['AccessDeniedException', 'UnrecognizedClientException', 'ResourceNotFoundException'].includes(error.name);
  return new DeployError(isRefused ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `EKS cluster ${name} in ${region}`,
    message: `the cluster cannot be described: ${error.message}`,
    remedy: isRefused
      ? 'Grant the role eks:DescribeCluster on this cluster, and check its name, region and account in headgate.yml.'
      : 'Wait for the retry. A VPC without internet access needs the interface endpoint of EKS.',
    cause,
  });
}
