import * as z from 'zod/mini';
import type { HostRequest } from '../port/git-host.ts';

/*
 * Webhooks of a repository: https://docs.github.com/en/rest/repos/webhooks. Only the set-up commands use them; a token
 * that may read Git and write statuses may not.
 */

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
  /** Also the id in the delivery's own headers. */
  readonly id: string;
  readonly event: string;
  readonly deliveredAtMs: number;
  /** 0: nobody answered. */
  readonly statusCode: number;
  /** In GitHub's words: `OK`, `Invalid HTTP Response: 401`, `timed out`. */
  readonly status: string;
}

export interface HookSettings {
  readonly url: string;
  readonly secret: string;
}

export function listHooksRequest(place: HookLocation): HostRequest {
  // A repository has twenty webhooks per event at most.
  return request('GET', `${hooksOf(place)}?per_page=100`);
}

export function createHookRequest(place: HookLocation, wanted: HookSettings): HostRequest {
  return request('POST', hooksOf(place), { name: 'web', ...bodyOf(wanted) });
}

export function updateHookRequest(place: HookLocation, id: number, wanted: HookSettings): HostRequest {
  return request('PATCH', `${hooksOf(place)}/${id}`, bodyOf(wanted));
}

export function pingRequest(place: HookLocation, id: number): HostRequest {
  return request('POST', `${hooksOf(place)}/${id}/pings`);
}

/** The newest come first. */
export function deliveriesRequest(place: HookLocation, id: number): HostRequest {
  return request('GET', `${hooksOf(place)}/${id}/deliveries?per_page=30`);
}

const Hooks = z.array(
  z.object({
    id: z.number(),
    active: z.boolean(),
    events: z.array(z.string()),
    config: z.object({
      url: z.optional(z.string()),
      content_type: z.optional(z.string()),
      insecure_ssl: z.optional(z.union([z.string(), z.number()])),
    }),
  }),
);

export function parseHooks(text: string): readonly Hook[] {
  return z.parse(Hooks, JSON.parse(text)).map(({ id, active, events, config }) => ({
    id,
    url: config.url ?? '',
    contentType: config.content_type ?? 'form',
    events,
    isActive: active,
    isTlsVerified: String(config.insecure_ssl ?? '0') === '0',
  }));
}

const Deliveries = z.array(
  z.object({
    guid: z.string(),
    event: z.string(),
    delivered_at: z.string(),
    status_code: z.number(),
    status: z.string(),
  }),
);

export function parseDeliveries(text: string): readonly HookDelivery[] {
  return z.parse(Deliveries, JSON.parse(text)).map(({ guid, event, delivered_at, status_code, status }) => ({
    id: guid,
    event,
    deliveredAtMs: Date.parse(delivered_at),
    statusCode: status_code,
    status,
  }));
}

/** GitHub's page for a new App, filled in as far as its address allows: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters */
export function newAppPage({ owner, webhookUrl, web }: { owner: string; webhookUrl: string; web: string }): string {
  const query = new URLSearchParams({
    name: `headgate-${owner}`,
    description: 'Deploys what is pushed',
    url: 'https://github.com',
    public: 'false',
    webhook_active: 'true',
    webhook_url: webhookUrl,
    'events[]': 'push',
    contents: 'read',
    statuses: 'write',
  });
  return `${web}/organizations/${encodeURIComponent(owner)}/settings/apps/new?${query.toString()}`;
}

function bodyOf({ url, secret }: HookSettings) {
  return { active: true, events: ['push'], config: { url, content_type: 'json', insecure_ssl: '0', secret } };
}

function hooksOf({ api, fullName }: HookLocation): string {
  return `${api}/repos/${fullName}/hooks`;
}

function request(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return {
    method,
    url,
    headers: {
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'headgate/1.0',
    },
    body: content === undefined ? null : JSON.stringify(content),
  };
}
