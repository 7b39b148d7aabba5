import * as z from 'zod/mini';
import { HEADERS } from './headers.ts';
import type { Hook, HookApi, HookDelivery, HookSettings, HostSetup, SetupRepository } from '../port/setup.ts';
import type { HostRequest, RepositoryLocation } from '../port/host-api.ts';

/*
 * Webhooks of a repository: https://docs.github.com/en/rest/repos/webhooks. Only the setup commands use them. A token
 * that can only read Git and write statuses has no access to them.
 */

const githubHooks: HookApi = {
  // A repository has at most twenty webhooks per event.
  listRequest: (at) => request('GET', `${hooksUrl(at)}?per_page=100`),
  createRequest: (at, settings) => request('POST', hooksUrl(at), { name: 'web', ...hookBody(settings) }),
  updateRequest: (at, id, settings) => request('PATCH', `${hooksUrl(at)}/${id}`, hookBody(settings)),
  testRequest: (at, id) => request('POST', `${hooksUrl(at)}/${id}/pings`),
  log: {
    request: (at, id) => request('GET', `${hooksUrl(at)}/${id}/deliveries?per_page=30`),
    parse: parseDeliveries,
  },
  parseHooks: (text) => z.parse(z.array(ListedHook), JSON.parse(text)).map((hook) => hookOf(hook)),
  parseHook: (text) => hookOf(z.parse(ListedHook, JSON.parse(text))),
  permission: 'fine-grained: Webhooks, read and write; classic: admin:repo_hook',
};

export const githubSetup: HostSetup = { hooks: githubHooks, manualText, appText };

const ListedHook = z.object({
  id: z.number(),
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.object({
    url: z.optional(z.string()),
    content_type: z.optional(z.string()),
    insecure_ssl: z.optional(z.union([z.string(), z.number()])),
  }),
});

function hookOf({ id, active, events, config }: z.infer<typeof ListedHook>): Hook {
  const contentType = config.content_type ?? 'form';
  const isTlsVerified = String(config.insecure_ssl ?? '0') === '0';
  const mistakes = [
    ...(active ? [] : ['it is disabled']),
    ...(contentType === 'json' ? [] : [`its content type is ${contentType} instead of json`]),
    ...(events.includes('push') || events.includes('*') ? [] : ['it does not send push events']),
    ...(isTlsVerified ? [] : ['it does not verify TLS']),
  ];
  return { id: String(id), url: config.url ?? '', mistakes };
}

const Deliveries = z.array(
  z.object({ guid: z.string(), event: z.string(), status_code: z.number(), status: z.string() }),
);

function parseDeliveries(text: string): readonly HookDelivery[] {
  return z
    .parse(Deliveries, JSON.parse(text))
    .map(({ guid, event, status_code, status }) => ({ id: guid, event, statusCode: status_code, status }));
}

function manualText({ url }: SetupRepository, webhookUrl: string): string {
  return [
    'Add a webhook on this page:',
    `  ${webUrl(url)}/settings/hooks/new`,
    `  Payload URL   ${webhookUrl}`,
    '  Content type  application/json',
    '  Secret        the value that webhookSecret in headgate.yml refers to',
    '  Events        Just the push event',
  ].join('\n');
}

function webUrl(url: string): string {
  return url.replace(/\.git$/, '');
}

/** How to create an App, on a page that is filled in as far as URL parameters allow: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters */
function appText({ fullName, url }: SetupRepository, webhookUrl: string): string {
  const [owner = ''] = fullName.split('/');
  return [
    'Create the App on this page. Everything but the webhook secret is filled in:',
    `  ${newAppPage({ owner, webhookUrl, web: new URL(url).origin })}`,
    'Paste the webhook secret that headgate.yml refers to, generate a private key, install the App on the repository, and set',
    '  credentials: { app: <App ID>, installation: <number at the end of the URL of the installation>, privateKey: ssm:<name> }',
    'An App sends the events of all its repositories to this one URL. For each further repository, register a webhook with --token.',
  ].join('\n');
}

function newAppPage({ owner, webhookUrl, web }: { owner: string; webhookUrl: string; web: string }): string {
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

function hooksUrl({ api, fullName }: RepositoryLocation): string {
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
