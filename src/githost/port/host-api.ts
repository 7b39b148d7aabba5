import type { Revision } from '../../snapshot/source.ts';
import type { Description } from './shorten.ts';

/** A request to the host's API as data. The sender adds the credentials. */
export interface HostRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer of the host's API. Header names are lowercase. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Where the API has a repository. */
export interface RepositoryLocation {
  /** Base of the REST API, without a trailing slash. */
  readonly api: string;
  /** `owner/name` */
  readonly fullName: string;
}

/** The host refuses requests for a while because it received too many. */
export interface RateLimit {
  /** How long the quota stays spent, by the host's own clock; null when the host does not say. `Retry-After` is read by the sender. */
  readonly resetMs: number | null;
}

export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** `headgate/<target>` */
  readonly context: string;
  /** Of any length: the host's request shortens it to what the host accepts. */
  readonly description: string | Description;
}

/** The API of a Git host. Pure: its methods only build requests and read answers. */
export interface HostApi {
  /** The value of the header `Authorization` for a token. */
  authorizationOf(token: string): string;
  /** @throws DeployError `config-invalid` when the full name cannot be one of this host */
  statusRequest(at: RepositoryLocation & { readonly revision: Revision }, status: CommitStatus): HostRequest;
  /** Whether the commit has the status after this answer to its request. */
  isStatusSet(answer: ApiAnswer): boolean;
  /** Null: the answer is not about a rate limit. */
  rateLimitOf(answer: ApiAnswer): RateLimit | null;
  /** The message of an answer that is an error, for people; null without one. */
  messageOf(text: string): string | null;
  /** Whether this answer to a status for a commit that does not exist shows that the credentials may write statuses. */
  showsStatusAccess(answer: ApiAnswer): boolean;
  /** The permission that writing statuses needs, in the host's words. */
  readonly statusPermission: string;
}
