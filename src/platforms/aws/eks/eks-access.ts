import type { ClusterConfig, Target } from '../../../config/checked/config.ts';
import { assumeRole } from '../api/assume-role.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { describeCluster } from './describe-cluster.ts';
import type { EksEndpoint } from './describe-cluster.ts';
import { eksToken } from './eks-token.ts';
import type { EksToken } from './eks-token.ts';
import type { Aws } from '../api/request.ts';
import type { AwsCredentials } from '../api/signature.ts';

export type EksCluster = Extract<ClusterConfig, { kind: 'eks' }>;

/** How to reach a cluster on EKS as one target; fits the port that the cluster's room owns. */
export interface EksAccess {
  readonly server: string;
  readonly ca: string;
  readonly tlsServerName: null;
  readonly clientCertificate: null;
  readonly token: (isRetry: boolean) => Promise<string>;
  readonly renew: () => Promise<EksAccess>;
}

export interface EksAccessOptions {
  readonly aws: Aws;
  /** Of the machine or function itself: whoever has no role to assume. */
  readonly credentials: CredentialSource;
  readonly nowMs: () => number;
}

/** Null: the cluster is looked at for nobody in particular (`headgate check`). */
type Whom = Pick<Target, 'name' | 'role'> | null;

/** An endpoint changes with its cluster only, and its authority is asked again as soon as it does not fit. */
const ENDPOINT_MS = 3_600_000;
/** Credentials and tokens are renewed while they still have so long. */
const SPARE_MS = 60_000;
/** A run has many requests under way: those refused together are answered with one new token. */
const RENEWED_MS = 5_000;
const ASK_MS = 15_000;

/** Remembers endpoints, sessions and tokens for as long as its owner keeps it. */
export function eksAccesses({ aws, credentials, nowMs }: EksAccessOptions) {
  const endpoints = cache<EksEndpoint>(nowMs);
  const sessions = cache<AwsCredentials>(nowMs);
  const tokens = cache<EksToken>(nowMs);
  const isOlder: IsBad<unknown> = ({ madeAtMs }) => nowMs() - madeAtMs >= RENEWED_MS;

  return async function accessOf(cluster: EksCluster, whom: Whom): Promise<EksAccess> {
    const role = whom?.role ?? cluster.role;
    const sessionName = `headgate-${whom?.name ?? 'check'}`;
    const key = JSON.stringify([cluster.name, role, sessionName]);

    const credentialsOf = (isRefused: boolean) =>
      role === null
        ? credentials()
        : sessions.get(key, { isBad: isRefused ? isOlder : never }, async () => {
            const { externalId, region } = cluster;
            const value = await assumeRole({ role, sessionName, externalId, region }, aws, AbortSignal.timeout(ASK_MS));
            return { value, untilMs: (value.expiresAtMs ?? 0) - SPARE_MS };
          });

    const tokenOf = (isRefused: boolean) =>
      tokens.get(key, { isBad: isRefused ? isOlder : never }, async () => {
        const signer = await credentialsOf(isRefused);
        const { cluster: name, region } = cluster;
        const value = eksToken({ cluster: name, region, credentials: signer, nowMs: nowMs() });
        return { value, untilMs: value.usableUntilMs };
      });

    // Whoever may describe it is asked once for all: the answer is the same.
    const endpointOf = (bad: EksEndpoint | null) =>
      endpoints.get(JSON.stringify([cluster.name, role]), { isBad: ({ value }) => value === bad }, async () => {
        const { cluster: name, region } = cluster;
        const value = await describeCluster({ name, region }, await credentialsOf(false), AbortSignal.timeout(ASK_MS));
        return { value, untilMs: nowMs() + ENDPOINT_MS };
      });

    const accessAt = async (bad: EksEndpoint | null): Promise<EksAccess> => {
      const endpoint = await endpointOf(bad);
      return {
        ...endpoint,
        tlsServerName: null,
        clientCertificate: null,
        token: async (isRetry) => (await tokenOf(isRetry)).token,
        renew: () => accessAt(endpoint),
      };
    };
    return accessAt(null);
  };
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

type IsBad<T> = (kept: { readonly value: T; readonly madeAtMs: number }) => boolean;

const never = () => false;

/** One value per key, made once however many ask, and made again when it is over or bad. */
function cache<T>(nowMs: () => number) {
  const kept = new Map<string, { readonly madeAtMs: number; readonly made: Promise<Kept<T>> }>();

  function make(key: string, maker: () => Promise<Kept<T>>): Promise<Kept<T>> {
    const made = maker();
    kept.set(key, { madeAtMs: nowMs(), made });
    made.catch(() => kept.delete(key));
    return made;
  }

  return {
    async get(key: string, { isBad }: { isBad: IsBad<T> }, maker: () => Promise<Kept<T>>): Promise<T> {
      const known = kept.get(key);
      if (known === undefined) return (await make(key, maker)).value;
      const { value, untilMs } = await known.made;
      if (nowMs() < untilMs && !isBad({ value, madeAtMs: known.madeAtMs })) return value;
      // Somebody else may have made it anew while we waited.
      const newer = kept.get(key);
      return (await (newer === undefined || newer === known ? make(key, maker) : newer.made)).value;
    },
  };
}
