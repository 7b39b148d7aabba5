/** How to reach and sign in to one API server. */
export interface ClusterAccess {
  /** `https://host:port`, perhaps with a path below which the API lives. */
  readonly server: string;
  /** PEM; null: the system's own trust. */
  readonly ca: string | null;
  readonly tlsServerName: string | null;
  /** PEM. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | null;
  /** Null when the client certificate says it all. `isRetry`: the one before was refused. */
  readonly token: ((isRetry: boolean) => Promise<string>) | null;
  /** Asks again where the server is and whom to believe, after its certificate was not believed; null where that is fixed. */
  readonly renew: (() => Promise<ClusterAccess>) | null;
}
