/** What headgate.yml has to know of a Git host. */
export interface HostProfile {
  /** Base of the REST API of the host of a repository, without a trailing slash; null: it has none. */
  readonly apiOf: (url: URL) => string | null;
  /** The repository's name in the API and in deliveries; null when the URL is not of a repository. `name`: its key in headgate.yml. */
  readonly fullNameOf: (url: URL, name: string) => string | null;
  /** The page of a commit of the repository; null: it has none. */
  readonly commitUrl: (url: URL, revision: string) => string | null;
  /** What a URL looks like there, for error messages. */
  readonly exampleUrl: string;
  /** How the URL has to end, for error messages: `owner/repository`. */
  readonly urlEnd: string;
  /** Without a webhook secret no delivery is accepted, and the sweep alone finds pushes. */
  readonly isSecretRequired: boolean;
  /** The host signs nothing, so `webhookHeader` may name the header that has the secret. Default: false. */
  readonly signsNothing?: true;
  /**
   * `iam`: no token and no webhook secret exist. The identity of the process on AWS reads Git (`credentials: iam`), and pushes
   * arrive as events that only AWS can send. Default: tokens and secrets.
   */
  readonly identity?: 'iam';
}
