import { z } from 'zod';
import type { Store, Webhook } from './store.ts';
import type { SentDelivery } from './webhooks.ts';

/** GitHub's webhooks of a repository: https://docs.github.com/en/rest/repos/webhooks */

export interface HooksWorld {
  readonly store: Store;
  /** A webhook was registered, or a ping requested. */
  readonly onWebhook: (fullName: string, webhook: Webhook) => void;
  readonly deliveries: () => readonly SentDelivery[];
}

interface HooksRequest {
  readonly method: string;
  readonly fullName: string;
  /** Behind `/hooks`. */
  readonly rest: string;
  readonly body: unknown;
}

interface HooksAnswer {
  readonly status: number;
  readonly content: unknown;
}

const Config = z.object({
  url: z.string(),
  content_type: z.enum(['json', 'form']).default('form'),
  secret: z.string().default(''),
});
const Created = z.object({
  active: z.boolean().default(true),
  events: z.array(z.string()).default(['push']),
  config: Config,
});
const Updated = z.object({
  active: z.boolean().optional(),
  events: z.array(z.string()).optional(),
  config: Config.optional(),
});

export function answerHooks(request: HooksRequest, world: HooksWorld): HooksAnswer {
  const { method, fullName, rest } = request;
  const hooks = hooksOf(fullName, world);
  if (rest === '' && method === 'POST') return create(request, world);
  if (rest === '' && method === 'GET') return { status: 200, content: hooks.map(shownHook) };
  const [, id = '', part = ''] = /^\/(\d+)(\/\w+)?$/.exec(rest) ?? [];
  const hook = hooks.find((each) => each.id === Number(id));
  if (hook === undefined) return refusal(404, 'Not Found');
  if (part === '' && method === 'PATCH') return update(hook, request, world);
  if (part === '/pings' && method === 'POST') {
    world.onWebhook(fullName, hook);
    return { status: 204, content: null };
  }
  if (part === '/deliveries' && method === 'GET') return { status: 200, content: deliveriesOf(hook, world) };
  return refusal(404, 'Not Found');
}

function create({ fullName, body }: HooksRequest, world: HooksWorld): HooksAnswer {
  const { data } = Created.safeParse(body);
  if (data === undefined) return refusal(422, 'Validation Failed');
  const hooks = hooksOf(fullName, world);
  if (hooks.some(({ url }) => url === data.config.url)) {
    return refusal(422, 'Validation Failed: Hook already exists on this repository');
  }
  const { url, secret, content_type: contentType } = data.config;
  const webhook = { id: hooks.length + 1, url, secret, contentType, active: data.active, events: data.events };
  save(fullName, [...hooks, webhook], world);
  world.onWebhook(fullName, webhook);
  return { status: 201, content: shownHook(webhook) };
}

/** A new config replaces the whole old one, including the secret; GitHub sends no ping. */
function update(hook: Webhook, { fullName, body }: HooksRequest, world: HooksWorld): HooksAnswer {
  const { data } = Updated.safeParse(body);
  if (data === undefined) return refusal(422, 'Validation Failed');
  const { config, active = hook.active, events = hook.events } = data;
  const of = config === undefined ? hook : { ...config, contentType: config.content_type };
  const webhook = { id: hook.id, url: of.url, secret: of.secret, contentType: of.contentType, active, events };
  const hooks = hooksOf(fullName, world).map((each) => (each.id === hook.id ? webhook : each));
  save(fullName, hooks, world);
  return { status: 200, content: shownHook(webhook) };
}

/** The newest first. A delivery without a response is not listed yet. */
function deliveriesOf({ id }: Webhook, { deliveries }: HooksWorld): unknown {
  return deliveries()
    .filter(({ webhook, answer }) => webhook.id === id && answer !== '')
    .map(({ id: guid, event, status, sentAtMs }, index) => ({
      id: index + 1,
      guid,
      event,
      delivered_at: new Date(sentAtMs).toISOString(),
      redelivery: false,
      status_code: status ?? 0,
      status: status === null ? 'failed to connect to host' : status < 300 ? 'OK' : `Invalid HTTP Response: ${status}`,
    }))
    .toReversed();
}

function hooksOf(fullName: string, { store }: HooksWorld): readonly Webhook[] {
  return store.repositories.get(fullName)?.webhooks ?? [];
}

function save(fullName: string, webhooks: readonly Webhook[], { store }: HooksWorld): void {
  store.saveRepository(fullName, { id: store.repositories.get(fullName)?.id ?? 0, webhooks });
}

/** GitHub never shows a secret again. */
export function shownHook({ id, url, secret, contentType, active, events }: Webhook) {
  const config = {
    url,
    content_type: contentType,
    insecure_ssl: '0',
    ...(secret === '' ? {} : { secret: '********' }),
  };
  return { type: 'Repository', id, name: 'web', active, events, config };
}

function refusal(status: number, message: string): HooksAnswer {
  return { status, content: { message, documentation_url: 'https://docs.github.com/rest' } };
}
