import type { HostRequest } from './host-api.ts';

/** An App of the host, which receives tokens for single repositories. */
export interface App {
  readonly app: string;
  readonly installation: string;
}

/** Each use has a separate token, because an App that lacks one of its permissions is refused the whole token. */
export type TokenUse = 'runs' | 'pull-requests' | 'deployments';

/** The one repository that a token gives access to. */
export interface TokenScope {
  readonly use: TokenUse;
  readonly api: string;
  readonly fullName: string;
  /** Survives renames, so it is preferred over the name when known. */
  readonly id: string | null;
  /** Whether the token may write commit statuses. */
  readonly statuses: boolean;
  /** Whether it may read pull requests, and comment on them. */
  readonly pullRequests: boolean;
}

/** Opaque: hosts change its length and format. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** The tokens that a host issues to an App. Pure: its methods only build requests and read answers. */
export interface TokenIssuer {
  /** `GitHub App 12345, installation 678` */
  nameOf(app: App): string;
  tokenRequest(app: App, scope: TokenScope, by: { readonly privateKey: string; readonly nowMs: number }): HostRequest;
  /** Null when this is not a token. */
  parseToken(text: string): IssuedToken | null;
  messageOf(text: string): string | null;
  /** What to do when the answer has this status. */
  remedyOf(status: number): string;
}
