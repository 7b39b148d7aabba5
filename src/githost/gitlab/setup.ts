import * as z from 'zod/mini';
import type { Hook, HookApi, HookDelivery, HookSettings, HostSetup, SetupRepository } from '../port/setup.ts';
import type { RepositoryLocation } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { projectUrl } from './project-url.ts';
import { isSigningToken } from './signing-token.ts';

/** Webhooks of a project: https://docs.gitlab.com/api/project_webhooks */
const gitlabHooks: HookApi = {
  listRequest: (at) => jsonRequest('GET', `${hooksUrl(at)}?per_page=100`),
  createRequest: (at, settings) => jsonRequest('POST', hooksUrl(at), hookBody(settings)),
  updateRequest: (at, id, settings) => jsonRequest('PUT', `${hooksUrl(at)}/${id}`, hookBody(settings)),
  // GitLab has no ping: this sends the newest push of the project again.
  testRequest: (at, id) => jsonRequest('POST', `${hooksUrl(at)}/${id}/test/push_events`),
  log: {
    // Each one contains its payload.
    request: (at, id) => jsonRequest('GET', `${hooksUrl(at)}/${id}/events?per_page=5`),
    parse: parseDeliveries,
  },
  parseHooks: (text, { pullRequests }) =>
    z.parse(z.array(ListedHook), JSON.parse(text)).map((hook) => hookOf(hook, { pullRequests, secret: '' })),
  parseHook: (text, wanted) => hookOf(z.parse(ListedHook, JSON.parse(text)), wanted),
  permission: 'a token with the scope api, and the role Maintainer in the project',
};

export const gitlabSetup: HostSetup = { hooks: gitlabHooks, manualText, appText: null };

const ListedHook = z.object({
  id: z.number(),
  url: z.string(),
  push_events: z.boolean(),
  merge_requests_events: z.optional(z.boolean()),
  note_events: z.optional(z.boolean()),
  enable_ssl_verification: z.boolean(),
  push_events_branch_filter: z.optional(z.nullable(z.string())),
  alert_status: z.optional(z.string()),
  signing_token_present: z.optional(z.boolean()),
});

function hookOf(
  hook: z.infer<typeof ListedHook>,
  { secret, pullRequests }: Pick<HookSettings, 'secret' | 'pullRequests'>,
): Hook {
  const filter = hook.push_events_branch_filter ?? '';
  const { alert_status: alert = 'executable' } = hook;
  const mistakes = [
    ...(alert === 'executable' ? [] : [`it is ${alert.replaceAll('_', ' ')}, after deliveries that failed`]),
    ...(hook.push_events ? [] : ['it does not send push events']),
    ...(pullRequests && hook.merge_requests_events !== true ? ['it does not send merge request events'] : []),
    ...(pullRequests && hook.note_events !== true ? ['it does not send comments'] : []),
    ...(filter === '' ? [] : [`its branch filter is ${JSON.stringify(filter)}`]),
    ...(hook.enable_ssl_verification ? [] : ['it does not verify TLS']),
    // Older versions ignore the field without an error.
    ...(isSigningToken(secret) && hook.signing_token_present !== true
      ? ['it has no signing token, which needs GitLab 19.0: use a secret without whsec_']
      : []),
  ];
  return { id: String(hook.id), url: hook.url, mistakes };
}

const Deliveries = z.array(z.object({ id: z.number(), trigger: z.string(), response_status: z.string() }));

function parseDeliveries(text: string): readonly HookDelivery[] {
  return z.parse(Deliveries, JSON.parse(text)).map(({ id, trigger, response_status: status }) => ({
    id: String(id),
    event: trigger,
    statusCode: /^\d{3}$/.test(status) ? Number(status) : 0,
    status,
  }));
}

function hookBody({ url, secret, pullRequests }: HookSettings) {
  return {
    url,
    ...(isSigningToken(secret) ? { signing_token: secret } : { token: secret }),
    push_events: true,
    merge_requests_events: pullRequests,
    note_events: pullRequests,
    push_events_branch_filter: '',
    branch_filter_strategy: 'all_branches',
    enable_ssl_verification: true,
  };
}

function hooksUrl(at: RepositoryLocation): string {
  return `${projectUrl(at)}/hooks`;
}

function manualText({ url, pullRequests }: SetupRepository, webhookUrl: string): string {
  return [
    'Add a webhook on this page:',
    `  ${url.replace(/\.git$/, '')}/-/hooks`,
    `  URL            ${webhookUrl}`,
    '  Signing token  the value that webhookSecret in headgate.yml refers to, if it begins with whsec_ (GitLab 19.0)',
    '  Secret token   the same, if it does not',
    `  Trigger        Push events, all branches${pullRequests ? '; Comments; Merge request events' : ''}`,
    '  SSL            Enable SSL verification',
  ].join('\n');
}
