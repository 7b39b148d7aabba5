import type { ObjectId, Revision } from '../../snapshot/source.ts';

declare const authentic: unique symbol;

/** One webhook request exactly as it arrived. The body stays bytes: signatures cover bytes. */
export interface Delivery {
  readonly id: string;
  /** Names are lowercase. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** A delivery whose signature was verified. Only `authenticate` returns one, and `parse` accepts nothing else. */
export type AuthenticDelivery = Delivery & { readonly [authentic]: true };

/** The repository of a payload: the host's immutable id, and `owner/name`. */
export interface RepositoryIdentity {
  readonly id: string;
  readonly fullName: string;
}

/** A ref now points at a revision. */
export interface Push {
  readonly ref: string;
  readonly revision: Revision;
  /** The commit's root tree according to the payload. Unverified; only saves a round trip. */
  readonly rootTree: ObjectId | null;
  /** The revision may not be a descendant of the commit that the ref pointed at before. */
  readonly isForced: boolean;
  readonly repository: RepositoryIdentity;
  /** Every path that the push added, changed or removed; null when the host's list may be incomplete. */
  readonly changedPaths: readonly string[] | null;
}

export type Parsed =
  | { readonly kind: 'push'; readonly push: Push }
  | { readonly kind: 'ignored'; readonly reason: string; readonly repository: RepositoryIdentity | null }
  | { readonly kind: 'not-understood'; readonly reason: string };

export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** `headgate/<target>` */
  readonly context: string;
  /** At most 140 characters. */
  readonly description: string;
}

/** A request to the host's API as data. The sender adds the credentials. */
export interface HostRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What Headgate needs from a Git host. Pure: its methods only build and read data. */
export interface GitHost {
  readonly name: string;
  /** Null unless the delivery is signed with one of the secrets. Without secrets nothing is authentic. */
  authenticate(delivery: Delivery, secrets: readonly string[]): Promise<AuthenticDelivery | null>;
  parse(delivery: AuthenticDelivery): Parsed;
  statusRequest(at: { api: string; fullName: string; revision: Revision }, status: CommitStatus): HostRequest;
}
