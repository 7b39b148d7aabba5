import type { HostRequest, RepositoryLocation } from './host-api.ts';

export interface Hook {
  readonly id: string;
  readonly url: string;
  /** What keeps pushes from arriving, or from being trusted: `it is disabled`. */
  readonly mistakes: readonly string[];
}

export interface HookDelivery {
  /** The same as long as it is about the same delivery. */
  readonly id: string;
  readonly event: string;
  /** 0: no response. */
  readonly statusCode: number;
  /** The host's description: `OK`, `Invalid HTTP Response: 401`, `timed out`. */
  readonly status: string;
}

/** What a webhook has to send, beside pushes. */
export interface HookEvents {
  /** Pull requests and their comments. */
  readonly pullRequests: boolean;
  /** Commit statuses of other systems, where the host has events for them. Default: none. */
  readonly statuses?: boolean;
}

export interface HookSettings extends HookEvents {
  readonly url: string;
  readonly secret: string;
}

/** The deliveries of a webhook in the host's API. */
export interface HookLog {
  request(at: RepositoryLocation, id: string): HostRequest;
  /** Newest first. */
  parse(text: string): readonly HookDelivery[];
}

/** The webhooks of a repository in the host's API. Only the setup commands use it, with a token that may administer them. */
export interface HookApi {
  listRequest(at: RepositoryLocation): HostRequest;
  createRequest(at: RepositoryLocation, settings: HookSettings): HostRequest;
  updateRequest(at: RepositoryLocation, id: string, settings: HookSettings): HostRequest;
  /** Makes the host send a delivery now. Null: its API cannot, so the next push is the test. */
  readonly testRequest: ((at: RepositoryLocation, id: string) => HostRequest) | null;
  /** Null: the host's API does not list deliveries. */
  readonly log: HookLog | null;
  /** @throws when the answer is not the host's */
  parseHooks(text: string, wanted: HookEvents): readonly Hook[];
  /** Of the answer to `createRequest` or `updateRequest`. `settings`: what was requested. */
  parseHook(text: string, settings: HookSettings): Hook;
  /** The permission that it needs, in the host's words. */
  readonly permission: string;
}

/** A repository as a person finds it. */
export interface SetupRepository extends HookEvents {
  readonly url: string;
  readonly fullName: string;
  /** The header that is to have the secret. Default: the host's own proof. */
  readonly webhookHeader?: string | null;
}

/** How a repository is connected to Headgate. Each text is to follow by hand. */
export interface HostSetup {
  /** Null: webhooks cannot be registered over the API, only by hand. */
  readonly hooks: HookApi | null;
  readonly manualText: (repository: SetupRepository, webhookUrl: string) => string;
  /** How to create an App; null: the host has none. */
  readonly appText: ((repository: SetupRepository, webhookUrl: string) => string) | null;
}
