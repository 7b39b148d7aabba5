import * as z from 'zod/mini';
import type { Hook, HookApi, HookEvents, HookSettings, HostSetup, SetupRepository } from '../port/setup.ts';
import type { RepositoryLocation } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { repositoryUrl } from './repository-url.ts';

export const giteaSetup = setupOf('gitea');

/** `type`: of the webhook. Forgejo has its own. */
export function setupOf(type: 'gitea' | 'forgejo'): HostSetup {
  return { hooks: hooksOf(type), manualText, appText: null };
}

function hooksOf(type: 'gitea' | 'forgejo'): HookApi {
  return {
    listRequest: (at) => jsonRequest('GET', `${hooksUrl(at)}?limit=50`),
    createRequest: (at, settings) => jsonRequest('POST', hooksUrl(at), { type, ...hookBody(settings) }),
    updateRequest: (at, id, settings) => jsonRequest('PATCH', `${hooksUrl(at)}/${id}`, hookBody(settings)),
    // There is no ping: this sends a push of the tip of the default branch.
    testRequest: (at, id) => jsonRequest('POST', `${hooksUrl(at)}/${id}/tests`),
    log: null,
    parseHooks: (text, wanted) => z.parse(z.array(ListedHook), JSON.parse(text)).map((hook) => hookOf(hook, wanted)),
    parseHook: (text, wanted) => hookOf(z.parse(ListedHook, JSON.parse(text)), wanted),
    permission: 'a token with the scope write:repository of an administrator of the repository',
  };
}

const ListedHook = z.object({
  id: z.number(),
  active: z.boolean(),
  events: z.array(z.string()),
  branch_filter: z.optional(z.string()),
  config: z.object({ url: z.optional(z.string()), content_type: z.optional(z.string()) }),
});

function hookOf(
  { id, active, events, branch_filter: filter = '', config }: z.infer<typeof ListedHook>,
  wanted: HookEvents,
): Hook {
  const contentType = config.content_type ?? 'json';
  const mistakes = [
    ...(active ? [] : ['it is disabled']),
    ...(contentType === 'json' ? [] : [`its content type is ${contentType} instead of json`]),
    ...eventsOf(wanted)
      .filter((event) => !events.includes(event))
      .map((event) => `it does not send ${event} events`),
    ...(filter === '' || filter === '*' ? [] : [`its branch filter is ${JSON.stringify(filter)}`]),
  ];
  return { id: String(id), url: config.url ?? '', mistakes };
}

/** A deleted branch is announced by `delete` alone, and each kind of change of a pull request is an event. */
function eventsOf({ pullRequests }: HookEvents): readonly string[] {
  const changes = ['pull_request', 'pull_request_sync', 'pull_request_label', 'pull_request_comment'];
  return ['push', 'delete', ...(pullRequests ? changes : [])];
}

function hookBody({ url, secret, ...wanted }: HookSettings) {
  return { active: true, events: eventsOf(wanted), branch_filter: '*', config: { url, content_type: 'json', secret } };
}

function hooksUrl(at: RepositoryLocation): string {
  return `${repositoryUrl(at)}/hooks`;
}

function manualText({ url, pullRequests }: SetupRepository, webhookUrl: string): string {
  return [
    'Add a webhook on this page:',
    `  ${url.replace(/\.git$/, '')}/settings/hooks`,
    `  Target URL     ${webhookUrl}`,
    '  Method         POST',
    '  Content type   application/json',
    '  Secret         the value that webhookSecret in headgate.yml refers to',
    `  Trigger on     Custom events: Push and Delete${pullRequests ? '; Modified, Labeled, Synchronized and Commented of Pull Request Events' : ''}; branch filter *`,
  ].join('\n');
}
