import * as z from 'zod/mini';
import type { RepositoryLocation } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type { Hook, HookApi, HookDelivery, HookSettings, HostSetup, SetupRepository } from '../port/setup.ts';
import { bitbucketServerProfile } from './profile.ts';
import { pageOf, repositoryUrl } from './repository-url.ts';

/** Webhooks of a repository: https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-repository */
const bitbucketServerHooks: HookApi = {
  listRequest: (at) => jsonRequest('GET', `${hooksUrl(at)}?limit=100`),
  createRequest: (at, settings) => jsonRequest('POST', hooksUrl(at), hookBody(settings)),
  updateRequest: (at, id, settings) => jsonRequest('PUT', `${hooksUrl(at)}/${id}`, hookBody(settings)),
  // The API tests a URL with its own credentials, not a webhook.
  testRequest: null,
  log: {
    // The newest delivery only. Nothing is sent while Bitbucket skips the webhook, after five failures.
    request: (at, id) => jsonRequest('GET', `${hooksUrl(at)}/${id}/latest`),
    parse: parseLatest,
  },
  parseHooks: (text) => z.parse(Hooks, JSON.parse(text)).values.map((hook) => hookOf(hook)),
  parseHook: (text) => hookOf(z.parse(ListedHook, JSON.parse(text))),
  permission: 'an HTTP access token of the repository with the permission Repository admin',
};

export const bitbucketServerSetup: HostSetup = { hooks: bitbucketServerHooks, manualText, appText: null };

const ListedHook = z.object({
  id: z.int(),
  url: z.string(),
  active: z.boolean(),
  events: z.array(z.string()),
  sslVerificationRequired: z.optional(z.boolean()),
});
const Hooks = z.object({ values: z.array(ListedHook) });

function hookOf({ id, url, active, events, sslVerificationRequired }: z.infer<typeof ListedHook>): Hook {
  const mistakes = [
    ...(active ? [] : ['it is disabled']),
    ...(events.includes('repo:refs_changed') ? [] : ['it does not send push events']),
    ...(sslVerificationRequired === false ? ['it does not verify TLS'] : []),
  ];
  return { id: String(id), url, mistakes };
}

const Latest = z.object({
  event: z.string(),
  finish: z.number(),
  result: z.object({ outcome: z.string(), description: z.string() }),
});

/** No content: nothing was sent yet. The description is a status code, or why there is none. */
function parseLatest(text: string): readonly HookDelivery[] {
  if (text === '') return [];
  const { event, finish, result } = z.parse(Latest, JSON.parse(text));
  const statusCode = /^\d{3}$/.test(result.description) ? Number(result.description) : 0;
  return [{ id: String(finish), event, statusCode, status: result.description }];
}

function hookBody({ url, secret }: HookSettings) {
  return {
    name: 'Headgate',
    url,
    active: true,
    events: ['repo:refs_changed'],
    configuration: { secret },
    sslVerificationRequired: true,
  };
}

function hooksUrl(at: RepositoryLocation): string {
  return `${repositoryUrl(at)}/webhooks`;
}

function manualText({ url, fullName }: SetupRepository, webhookUrl: string): string {
  const api = bitbucketServerProfile.apiOf(new URL(url)) ?? '';
  return [
    'Add a webhook on this page:',
    `  ${pageOf({ api, fullName }).replace('/projects/', '/plugins/servlet/webhooks/projects/')}`,
    `  URL     ${webhookUrl}`,
    '  Secret  the value that webhookSecret in headgate.yml refers to',
    '  Events  Repository: Push',
    '  SSL/TLS Certificate verification on',
    '  Active  on',
  ].join('\n');
}
