/** The address and credentials of one API server. */
export interface ClusterAccess {
  /** `https://host:port`, optionally with a path prefix. */
  readonly server: string;
  /** PEM. Null: the system's trusted authorities. */
  readonly ca: string | null;
  readonly tlsServerName: string | null;
  /** PEM. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | null;
  /** Null if the client certificate is enough. `isRetry`: the previous token was rejected. */
  readonly token: ((isRetry: boolean) => Promise<string>) | null;
  /** Reads the address and certificate authority again after the certificate was not trusted. Null: they are fixed. */
  readonly renew: (() => Promise<ClusterAccess>) | null;
}
