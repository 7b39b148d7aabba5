import * as z from 'zod/mini';
import { HEADERS } from './headers.ts';
import type { Hook, HookApi, HookDelivery, HookLocation, HookSettings } from '../port/hooks.ts';
import type { HostRequest } from '../port/host-api.ts';

/*
 * Webhooks of a repository: https://docs.github.com/en/rest/repos/webhooks. Only the setup commands use them. A token
 * that can only read Git and write statuses has no access to them.
 */

export const githubHooks: HookApi = {
  listRequest,
  createRequest,
  updateRequest,
  pingRequest,
  deliveriesRequest,
  parseHooks,
  parseDeliveries,
};

function listRequest(location: HookLocation): HostRequest {
  // A repository has at most twenty webhooks per event.
  return request('GET', `${hooksUrl(location)}?per_page=100`);
}

function createRequest(location: HookLocation, settings: HookSettings): HostRequest {
  return request('POST', hooksUrl(location), { name: 'web', ...hookBody(settings) });
}

function updateRequest(location: HookLocation, id: number, settings: HookSettings): HostRequest {
  return request('PATCH', `${hooksUrl(location)}/${id}`, hookBody(settings));
}

function pingRequest(location: HookLocation, id: number): HostRequest {
  return request('POST', `${hooksUrl(location)}/${id}/pings`);
}

/** Returns the newest deliveries first. */
function deliveriesRequest(location: HookLocation, id: number): HostRequest {
  return request('GET', `${hooksUrl(location)}/${id}/deliveries?per_page=30`);
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

function parseHooks(text: string): readonly Hook[] {
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

function parseDeliveries(text: string): readonly HookDelivery[] {
  return z.parse(Deliveries, JSON.parse(text)).map(({ guid, event, delivered_at, status_code, status }) => ({
    id: guid,
    event,
    deliveredAtMs: Date.parse(delivered_at),
    statusCode: status_code,
    status,
  }));
}

/** GitHub's page for a new App, filled in as far as URL parameters allow: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters */
export function newAppPage({ owner, webhookUrl, web }: { owner: string; webhookUrl: string; web: string }): string {
  const query = new URLSearchParams({
    name: `headgate-${owner}`,
    description: 'Deploys Git pushes',
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

function hookBody({ url, secret }: HookSettings) {
  return { active: true, events: ['push'], config: { url, content_type: 'json', insecure_ssl: '0', secret } };
}

function hooksUrl({ api, fullName }: HookLocation): string {
  return `${api}/repos/${fullName}/hooks`;
}

function request(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return {
    method,
    url,
    headers: HEADERS,
    body: content === undefined ? null : JSON.stringify(content),
  };
}
