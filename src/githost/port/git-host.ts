import type { ObjectId, Revision } from '../../snapshot/source.ts';

declare const authentic: unique symbol;

/** One webhook request exactly as it arrived. The body stays bytes: signatures cover bytes. */
export interface Delivery {
  readonly id: string;
  /** Names are lowercase. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** A delivery whose origin was verified. Only `authenticate` returns one, and `parse` accepts nothing else. */
export type AuthenticDelivery = Delivery & { readonly [authentic]: true };

/** The repository of a payload: the host's immutable id (null: the host has none), and its name in the API. */
export interface RepositoryIdentity {
  readonly id: string | null;
  readonly fullName: string;
}

/** A ref now points at a revision. */
export interface Push {
  readonly ref: string;
  readonly revision: Revision;
  /** The commit's root tree according to the payload. Unverified; only saves a round trip. */
  readonly rootTree: ObjectId | null;
  /** The revision is not a descendant of the commit that the ref pointed at before. False where the host does not say. */
  readonly isForced: boolean;
  /** Every path that the push added, changed or removed; null when the host's list may be incomplete. */
  readonly changedPaths: readonly string[] | null;
}

/** What happened to a pull request, as far as the payload shows. `updated`: it has other commits. */
export type PullRequestAction = 'opened' | 'updated' | 'edited' | 'labeled' | 'closed';

/** Only a hint: what is done is decided by what is read from the host then. */
export interface PullRequestHint {
  readonly kind: 'pull-request';
  readonly repository: RepositoryIdentity;
  readonly pullRequest: number;
  readonly action: PullRequestAction;
  /** The branch that it is to be merged into. */
  readonly into: string;
}

/** A new comment on a pull request. Edited ones are ignored. */
export interface CommentHint {
  readonly kind: 'comment';
  readonly repository: RepositoryIdentity;
  readonly pullRequest: number;
  readonly commentId: string;
  /** As it was sent. It is read again, by its id. */
  readonly body: string;
}

/** A commit status of another system is a success now. Its commit and its author are read from the host. */
export interface StatusHint {
  readonly kind: 'status';
  readonly repository: RepositoryIdentity;
  readonly context: string;
}

export type Parsed =
  /** At least one: some hosts report every ref of a push in one delivery. */
  | { readonly kind: 'pushes'; readonly pushes: readonly Push[]; readonly repository: RepositoryIdentity }
  | PullRequestHint
  | CommentHint
  | StatusHint
  | { readonly kind: 'ignored'; readonly reason: string; readonly repository: RepositoryIdentity | null }
  | { readonly kind: 'not-understood'; readonly reason: string };

/** What a delivery is verified with. */
export interface Proof {
  /** While a secret is rotated, several. */
  readonly secrets: readonly string[];
  /** For hosts that sign the time. */
  readonly nowMs: number;
}

/** The deliveries of a Git host. Pure: its methods only read data. */
export interface GitHost {
  /** Not signed, so it may be any text. It is the same when the host sends a delivery again. */
  deliveryIdOf(headers: Delivery['headers']): string | null;
  /** Is there a well-formed proof of origin, to be verified over the body? Without one the body is not read. */
  hasProof(headers: Delivery['headers']): boolean;
  /** Null unless one of the secrets proves the origin. Without secrets nothing is authentic. */
  authenticate(delivery: Delivery, proof: Proof): Promise<AuthenticDelivery | null> | AuthenticDelivery | null;
  parse(delivery: AuthenticDelivery): Parsed;
}
