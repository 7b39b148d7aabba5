import type { HostRequest } from './host-api.ts';

export interface HookLocation {
  /** Base of the REST API, without a trailing slash. */
  readonly api: string;
  /** `owner/name` */
  readonly fullName: string;
}

export interface Hook {
  readonly id: number;
  readonly url: string;
  readonly contentType: string;
  readonly events: readonly string[];
  readonly isActive: boolean;
  readonly isTlsVerified: boolean;
}

export interface HookDelivery {
  /** The id that is also in the delivery's headers. */
  readonly id: string;
  readonly event: string;
  readonly deliveredAtMs: number;
  /** 0: no response. */
  readonly statusCode: number;
  /** The host's description: `OK`, `Invalid HTTP Response: 401`, `timed out`. */
  readonly status: string;
}

export interface HookSettings {
  readonly url: string;
  readonly secret: string;
}

/** The webhooks of a repository in the host's API. Only the setup commands use it, with a token that may administer them. */
export interface HookApi {
  listRequest(at: HookLocation): HostRequest;
  createRequest(at: HookLocation, settings: HookSettings): HostRequest;
  updateRequest(at: HookLocation, id: number, settings: HookSettings): HostRequest;
  pingRequest(at: HookLocation, id: number): HostRequest;
  deliveriesRequest(at: HookLocation, id: number): HostRequest;
  parseHooks(text: string): readonly Hook[];
  /** Newest first. */
  parseDeliveries(text: string): readonly HookDelivery[];
}
