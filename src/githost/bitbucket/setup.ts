import * as z from 'zod/mini';
import type { RepositoryLocation } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type { Hook, HookApi, HookSettings, HostSetup, SetupRepository } from '../port/setup.ts';
import { repositoryUrl } from './repository-url.ts';

/** Webhooks of a repository: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories */
const bitbucketHooks: HookApi = {
  listRequest: (at) => jsonRequest('GET', `${hooksUrl(at)}?pagelen=100`),
  createRequest: (at, settings) => jsonRequest('POST', hooksUrl(at), hookBody(settings)),
  updateRequest: (at, id, settings) =>
    jsonRequest('PUT', `${hooksUrl(at)}/${encodeURIComponent(id)}`, hookBody(settings)),
  testRequest: null,
  log: null,
  parseHooks: (text) => z.parse(Hooks, JSON.parse(text)).values.map((hook) => hookOf(hook)),
  parseHook: (text) => hookOf(z.parse(ListedHook, JSON.parse(text))),
  permission: 'an access token of the repository with the permission Webhooks: Read and Write',
};

export const bitbucketSetup: HostSetup = { hooks: bitbucketHooks, manualText, appText: null };

const ListedHook = z.object({
  uuid: z.string(),
  url: z.string(),
  active: z.boolean(),
  events: z.array(z.string()),
  skip_cert_verification: z.optional(z.boolean()),
  secret_set: z.optional(z.boolean()),
});
const Hooks = z.object({ values: z.array(ListedHook) });

function hookOf({ uuid, url, active, events, ...hook }: z.infer<typeof ListedHook>): Hook {
  const mistakes = [
    ...(active ? [] : ['it is disabled']),
    ...(events.includes('repo:push') ? [] : ['it does not send push events']),
    ...(hook.skip_cert_verification === true ? ['it does not verify TLS'] : []),
    ...(hook.secret_set === false ? ['it has no secret'] : []),
  ];
  return { id: uuid, url, mistakes };
}

function hookBody({ url, secret }: HookSettings) {
  return {
    description: 'Headgate',
    url,
    secret,
    active: true,
    events: ['repo:push'],
    skip_cert_verification: false,
  };
}

function hooksUrl(at: RepositoryLocation): string {
  return `${repositoryUrl(at)}/hooks`;
}

function manualText({ url }: SetupRepository, webhookUrl: string): string {
  return [
    'Add a webhook on this page:',
    `  ${url.replace(/\.git$/, '')}/admin/webhooks`,
    `  URL       ${webhookUrl}`,
    '  Secret    the value that webhookSecret in headgate.yml refers to',
    '  Status    Active',
    '  Triggers  Repository push',
  ].join('\n');
}
