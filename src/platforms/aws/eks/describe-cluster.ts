import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsCredentials } from '../api/signature.ts';

export interface EksCluster {
  readonly name: string;
  readonly region: string;
}

export interface EksEndpoint {
  readonly server: string;
  /** PEM: two certificates while the authority is being replaced. */
  readonly ca: string;
}

/** Where a cluster is and whom to believe. The client takes longer to load than a whole deploy: only when nobody remembers. */
export async function describeCluster(
  { name, region }: EksCluster,
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
    if (server === undefined || data === undefined) throw new Error(`it is ${cluster?.status ?? 'not there yet'}`);
    return { server, ca: Buffer.from(data, 'base64').toString() };
  } catch (cause) {
    throw failure({ name, region }, cause);
  } finally {
    client.destroy();
  }
}

function failure({ name, region }: EksCluster, cause: unknown): DeployError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const isRefused = ['AccessDeniedException', 'UnrecognizedClientException', 'ResourceNotFoundException'].includes(
    error.name,
  );
  return new DeployError(isRefused ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `EKS cluster ${name} in ${region}`,
    message: `it cannot be described: ${error.message}`,
    remedy: isRefused
      ? 'Let the role describe this cluster (eks:DescribeCluster), and check name, region and account of the cluster in headgate.yml.'
      : 'It is tried again; in a VPC without a way out it needs the interface endpoint of EKS.',
    cause,
  });
}
