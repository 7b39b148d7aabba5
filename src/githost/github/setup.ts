import * as z from 'zod/mini';
import { githubRequest } from './request.ts';
import type {
  Hook,
  HookApi,
  HookDelivery,
  HookEvents,
  HookSettings,
  HostSetup,
  SetupRepository,
} from '../port/setup.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

/*
 * Webhooks of a repository: https://docs.github.com/en/rest/repos/webhooks. Only the setup commands use them. A token
 * that can only read Git and write statuses has no access to them.
 */

const githubHooks: HookApi = {
  // A repository has at most twenty webhooks per event.
  listRequest: (at) => githubRequest('GET', `${hooksUrl(at)}?per_page=100`),
  createRequest: (at, settings) => githubRequest('POST', hooksUrl(at), { name: 'web', ...hookBody(settings) }),
  updateRequest: (at, id, settings) => githubRequest('PATCH', `${hooksUrl(at)}/${id}`, hookBody(settings)),
  testRequest: (at, id) => githubRequest('POST', `${hooksUrl(at)}/${id}/pings`),
  log: {
    request: (at, id) => githubRequest('GET', `${hooksUrl(at)}/${id}/deliveries?per_page=30`),
    parse: parseDeliveries,
  },
  parseHooks: (text, wanted) => z.parse(z.array(ListedHook), JSON.parse(text)).map((hook) => hookOf(hook, wanted)),
  parseHook: (text, wanted) => hookOf(z.parse(ListedHook, JSON.parse(text)), wanted),
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

function hookOf({ id, active, events, config }: z.infer<typeof ListedHook>, wanted: HookEvents): Hook {
  const contentType = config.content_type ?? 'form';
  const isTlsVerified = String(config.insecure_ssl ?? '0') === '0';
  const mistakes = [
    ...(active ? [] : ['it is disabled']),
    ...(contentType === 'json' ? [] : [`its content type is ${contentType} instead of json`]),
    ...eventsOf(wanted)
      .filter((event) => !events.includes(event) && !events.includes('*'))
      .map((event) => `it does not send ${event} events`),
    ...(isTlsVerified ? [] : ['it does not verify TLS']),
  ];
  return { id: String(id), url: config.url ?? '', mistakes };
}

function eventsOf({ pullRequests, statuses }: HookEvents): readonly string[] {
  return ['push', ...(pullRequests ? ['pull_request', 'issue_comment'] : []), ...(statuses === true ? ['status'] : [])];
}

/** As the page names them. */
function eventNames({ pullRequests, statuses }: HookEvents): string {
  const names = [
    'Pushes',
    ...(pullRequests ? ['Pull requests', 'Issue comments'] : []),
    ...(statuses === true ? ['Statuses'] : []),
  ];
  if (names.length === 1) return 'Just the push event';
  return `Let me select individual events: ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const Deliveries = z.array(
  z.object({ guid: z.string(), event: z.string(), status_code: z.number(), status: z.string() }),
);

function parseDeliveries(text: string): readonly HookDelivery[] {
  return z
    .parse(Deliveries, JSON.parse(text))
    .map(({ guid, event, status_code, status }) => ({ id: guid, event, statusCode: status_code, status }));
}

function manualText({ url, ...wanted }: SetupRepository, webhookUrl: string): string {
  return [
    'Add a webhook on this page:',
    `  ${webUrl(url)}/settings/hooks/new`,
    `  Payload URL   ${webhookUrl}`,
    '  Content type  application/json',
    '  Secret        the value that webhookSecret in headgate.yml refers to',
    `  Events        ${eventNames(wanted)}`,
  ].join('\n');
}

function webUrl(url: string): string {
  return url.replace(/\.git$/, '');
}

/** How to create an App, on a page that is filled in as far as URL parameters allow: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters */
function appText({ fullName, url, ...wanted }: SetupRepository, webhookUrl: string): string {
  const [owner = ''] = fullName.split('/');
  return [
    'Create the App on this page. Everything but the webhook secret is filled in:',
    `  ${newAppPage({ owner, webhookUrl, web: new URL(url).origin, ...wanted })}`,
    'Paste the webhook secret that headgate.yml refers to, generate a private key, install the App on the repository, and set',
    '  credentials: { app: <App ID>, installation: <number at the end of the URL of the installation>, privateKey: ssm:<name> }',
    'An App sends the events of all its repositories to this one URL. For each further repository, register a webhook with --token.',
  ].join('\n');
}

interface NewApp extends HookEvents {
  readonly owner: string;
  readonly webhookUrl: string;
  readonly web: string;
}

function newAppPage({ owner, webhookUrl, web, ...wanted }: NewApp): string {
  const query = new URLSearchParams({
    name: `headgate-${owner}`,
    description: 'Deploys Git pushes',
    url: 'https://github.com',
    public: 'false',
    webhook_active: 'true',
    webhook_url: webhookUrl,
    contents: 'read',
    statuses: 'write',
    ...(wanted.pullRequests ? { pull_requests: 'write' } : {}),
  });
  for (const event of eventsOf(wanted)) query.append('events[]', event);
  return `${web}/organizations/${encodeURIComponent(owner)}/settings/apps/new?${query.toString()}`;
}

function hookBody({ url, secret, ...wanted }: HookSettings) {
  return { active: true, events: eventsOf(wanted), config: { url, content_type: 'json', insecure_ssl: '0', secret } };
}

function hooksUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/repos/${fullName}/hooks`;
}
