import type { ClusterConfig, Target } from '../../../config/checked/config.ts';
import { asDeployError } from '../../../error/deploy-error.ts';
import { assumeRole } from '../api/assume-role.ts';
import type { CredentialSource } from '../api/credentials.ts';
import { describeCluster } from './describe-cluster.ts';
import type { EksEndpoint } from './describe-cluster.ts';
import { eksToken } from './eks-token.ts';
import type { EksToken } from './eks-token.ts';
import type { Aws } from '../api/request.ts';
import type { AwsCredentials } from '../api/signature.ts';

export type EksCluster = Extract<ClusterConfig, { kind: 'eks' }>;

/** Access to an EKS cluster as one target. Fits the port of src/cluster. */
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
  /** The machine's or the function's own, for clusters and targets without a role. */
  readonly credentials: CredentialSource;
  readonly nowMs: () => number;
  /** Where roles are assumed: a function in a VPC may reach AWS in its own region alone. Default: the region of the cluster. */
  readonly home?: string;
  /** One session for all targets of a role. Default: one per target, `headgate-<target>`. */
  readonly sessionName?: string;
  /** It only reads: with the read role of a cluster that has one. */
  readonly isReader?: boolean;
}

/** Null: access on behalf of no target (`headgate check`). */
type Client = Pick<Target, 'name' | 'role'> | null;

/** An endpoint only changes with its cluster. A rotated authority is read again as soon as a certificate does not verify. */
const ENDPOINT_TTL_MS = 3_600_000;
/** Credentials are renewed this long before they expire. */
const RENEW_BEFORE_MS = 60_000;
/** Parallel requests that are refused together share one new token: a younger one is not renewed. */
const MIN_RENEWAL_AGE_MS = 5_000;
const TIMEOUT_MS = 15_000;
/** A call has deadlines once it is sent, and hundreds of roles wait for their turn. */
const UNLIMITED = new AbortController().signal;

/** Caches endpoints, sessions and tokens for as long as it lives. */
export function eksAccesses({
  aws,
  credentials,
  nowMs,
  home,
  sessionName: shared,
  isReader = false,
}: EksAccessOptions) {
  const endpoints = cache<EksEndpoint>(nowMs);
  const sessions = cache<AwsCredentials>(nowMs);
  const tokens = cache<EksToken>(nowMs);
  const isRenewable: IsStale<unknown> = ({ createdAtMs }) => nowMs() - createdAtMs >= MIN_RENEWAL_AGE_MS;

  return async function accessOf(cluster: EksCluster, target: Client): Promise<EksAccess> {
    const role = (isReader ? cluster.readRole : null) ?? target?.role ?? cluster.role;
    const sessionName = shared ?? `headgate-${target?.name ?? 'check'}`;
    const session = JSON.stringify([role, cluster.externalId, sessionName]);
    const key = JSON.stringify([cluster.name, role, sessionName]);

    const credentialsOf = (isStale: IsStale<AwsCredentials>) =>
      role === null
        ? credentials()
        : sessions.get(session, { isStale }, async () => {
            const { externalId, region } = cluster;
            const value = await assumeRole({ role, sessionName, externalId, region: home ?? region }, aws, UNLIMITED);
            return { value, untilMs: (value.expiresAtMs ?? 0) - RENEW_BEFORE_MS };
          });

    const tokenOf = (isRefused: boolean) =>
      tokens.get(key, { isStale: isRefused ? isRenewable : never }, async () => {
        const signer = await credentialsOf(isRefused ? isRenewable : never);
        const { cluster: name, region } = cluster;
        const value = eksToken({ cluster: name, region, credentials: signer, nowMs: nowMs() });
        return { value, untilMs: value.usableUntilMs };
      });

    // By role, not by target: all targets of a role get the same answer.
    const endpointOf = (stale: EksEndpoint | null) =>
      endpoints.get(JSON.stringify([cluster.name, role]), { isStale: ({ value }) => value === stale }, async () => {
        const signer = await credentialsOf(never);
        const value = await describe(signer).catch(async (thrown: unknown) => {
          if (role === null || asDeployError(thrown).code !== 'aws-unauthorized') throw thrown;
          // A session that was revoked would be refused until it expires.
          return describe(await credentialsOf(({ value: kept }) => kept === signer));
        });
        return { value, untilMs: nowMs() + ENDPOINT_TTL_MS };
      });

    const describe = (signer: AwsCredentials) => {
      const { cluster: name, region } = cluster;
      return describeCluster({ name, region }, signer, AbortSignal.timeout(TIMEOUT_MS));
    };

    const accessWithout = async (stale: EksEndpoint | null): Promise<EksAccess> => {
      const endpoint = await endpointOf(stale);
      return {
        ...endpoint,
        tlsServerName: null,
        clientCertificate: null,
        token: async (isRetry) => (await tokenOf(isRetry)).token,
        renew: () => accessWithout(endpoint),
      };
    };
    return accessWithout(null);
  };
}

interface Expiring<T> {
  readonly value: T;
  readonly untilMs: number;
}

type IsStale<T> = (cached: { readonly value: T; readonly createdAtMs: number }) => boolean;

const never = () => false;

/** One value per key. Concurrent callers share one creation; an expired or stale value is created again. */
function cache<T>(nowMs: () => number) {
  const entries = new Map<string, { readonly createdAtMs: number; readonly created: Promise<Expiring<T>> }>();

  function store(key: string, create: () => Promise<Expiring<T>>): Promise<Expiring<T>> {
    const created = create();
    entries.set(key, { createdAtMs: nowMs(), created });
    created.catch(() => entries.delete(key));
    return created;
  }

  return {
    async get(key: string, { isStale }: { isStale: IsStale<T> }, create: () => Promise<Expiring<T>>): Promise<T> {
      const cached = entries.get(key);
      if (cached === undefined) return (await store(key, create)).value;
      const { value, untilMs } = await cached.created;
      if (nowMs() < untilMs && !isStale({ value, createdAtMs: cached.createdAtMs })) return value;
      // Another caller may have renewed it in the meantime.
      const newer = entries.get(key);
      return (await (newer === undefined || newer === cached ? store(key, create) : newer.created)).value;
    },
  };
}
