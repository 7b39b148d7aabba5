import { DeployError } from '../../../error/deploy-error.ts';
import { hostOf } from '../api/endpoint.ts';
import { presignedUrl } from '../api/signature.ts';
import type { AwsCredentials } from '../api/signature.ts';

export interface EksToken {
  /** A bearer token, valid for 15 minutes. Never log it. */
  readonly token: string;
  /** Safe to use until then: a minute before it expires, or when its credentials do. */
  readonly usableUntilMs: number;
}

const PREFIX = 'k8s-aws-v1.';
/** The verifier ignores this: it accepts a token for 15 minutes from its date. Its own generator sends 60. */
const EXPIRES_SECONDS = 60;
const USABLE_MS = 14 * 60_000;
/** The verifier refuses this length and longer: https://github.com/kubernetes-sigs/aws-iam-authenticator (pkg/token) */
const LIMIT_LENGTH = 4096;

/**
 * Creates a token for one EKS cluster without a request: a presigned STS GetCallerIdentity URL, which the cluster's
 * verifier calls to identify us. The signed header with the cluster's name binds the token to that cluster.
 */
export function eksToken({
  cluster,
  region,
  credentials,
  nowMs,
}: {
  readonly cluster: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly nowMs: number;
}): EksToken {
  const url = presignedUrl(
    {
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostOf('sts', region), 'x-k8s-aws-id': cluster },
      expiresSeconds: EXPIRES_SECONDS,
    },
    { service: 'sts', region, credentials, nowMs },
  );
  const token = `${PREFIX}${Buffer.from(url).toString('base64url')}`;
  if (token.length >= LIMIT_LENGTH) throw tooLong(cluster, token.length);
  return { token, usableUntilMs: Math.min(nowMs + USABLE_MS, credentials.expiresAtMs ?? Infinity) };
}

function tooLong(cluster: string, length: number): DeployError {
  return new DeployError('cluster-unauthorized', {
    subject: `EKS cluster ${cluster}`,
    message: `the token has ${length} characters, but the cluster accepts fewer than ${LIMIT_LENGTH}`,
    remedy: 'Use a role with fewer session tags and session policies, so that its session token is shorter.',
  });
}
