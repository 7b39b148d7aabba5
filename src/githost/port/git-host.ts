import type { HookApi } from './hooks.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import type { HostApi } from './host-api.ts';

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

/** What has to be known of a Git host before it is spoken to. Small, because every process loads it for every host. */
export interface HostProfile {
  /** The user that a token belongs to when Git is read with it (Basic authentication). */
  readonly gitUser: string;
  /** Whether `credentials` may be a GitHub App. */
  readonly acceptsApps: boolean;
  /** Base of the REST API of the host of a repository, without a trailing slash. */
  apiOf(url: URL): string;
  /** The repository's name in the API, from its URL; null when the URL is not of a repository. */
  fullNameOf(url: URL): string | null;
  /** Not signed, so it may be any text. It is the same when the host sends a delivery again. */
  deliveryIdOf(headers: Delivery['headers']): string | null;
  /** Is there a well-formed proof of origin, to be verified over the body? Without one the body is not read. */
  hasProof(headers: Delivery['headers']): boolean;
  /** What receives its deliveries. This and the next two are loaded on demand: a function loads only what it needs. */
  load(): Promise<GitHost>;
  loadApi(): Promise<HostApi>;
  /** Null: webhooks cannot be registered or listed over the host's API. */
  loadHooks: (() => Promise<HookApi>) | null;
}

/** The deliveries of a Git host. Pure: its methods only read data. */
export interface GitHost {
  /** Null unless the delivery is signed with one of the secrets. Without secrets nothing is authentic. */
  authenticate(delivery: Delivery, secrets: readonly string[]): Promise<AuthenticDelivery | null>;
  parse(delivery: AuthenticDelivery): Parsed;
}
