import { DeployError } from '../../../error/deploy-error.ts';
import { hostOf } from '../api/endpoint.ts';
import { presignedUrl } from '../api/signature.ts';
import type { AwsCredentials } from '../api/signature.ts';

export interface EksToken {
  /** A bearer for a quarter of an hour: it stands in no text. */
  readonly token: string;
  /** Until when it may be used, with a minute to spare. */
  readonly usableUntilMs: number;
}

const PREFIX = 'k8s-aws-v1.';
/** The verifier ignores this and takes a token for 15 minutes from its date; its own generator sends 60. */
const EXPIRES_SECONDS = 60;
const USABLE_MS = 14 * 60_000;
/** The verifier refuses longer ones: https://github.com/kubernetes-sigs/aws-iam-authenticator (pkg/token) */
const LONGEST = 4096;

/**
 * A token for one EKS cluster, made here: a presigned STS GetCallerIdentity URL, which the cluster's verifier calls to
 * learn who we are. The signed header with the cluster's name binds it to that cluster.
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
  if (token.length >= LONGEST) throw tooLong(cluster, token.length);
  return { token, usableUntilMs: Math.min(nowMs + USABLE_MS, credentials.expiresAtMs ?? Infinity) };
}

function tooLong(cluster: string, length: number): DeployError {
  return new DeployError('cluster-unauthorized', {
    subject: `EKS cluster ${cluster}`,
    message: `the token would have ${length} characters, and the cluster takes fewer than ${LONGEST}`,
    remedy: 'Use a role whose session token is shorter: fewer session tags and session policies.',
  });
}
