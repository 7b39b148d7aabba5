import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Hook, HookSettings } from '../../githost/port/hooks.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { caOf } from '../../app/runtime.ts';
import { resolveSecret } from '../../app/secrets.ts';
import type { ConnectFlags } from './connect-flags.ts';
import { hooksOf } from '../../githost/hosts.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { githubAppInstructions } from './github-app-instructions.ts';
import { openWebhookClient } from './webhook-client.ts';
import type { WebhookClient } from './webhook-client.ts';
import { readWebhookBaseUrl } from '../stack/headgate-stack.ts';
import { pingFailed, pingWebhook } from './ping-webhook.ts';

/** Creates or updates the webhook of a repository, and verifies it by a ping. */
export async function connectRepository(
  context: Context,
  repository: Repository,
  flags: ConnectFlags,
): Promise<ExitCode> {
  const { config, env, log, dataDir } = context;
  if (repository.host === 'git') throw noWebhooks(repository, context);
  const url = `${await readWebhookBaseUrl(context, flags.url)}/webhooks/${repository.name}`;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress });
  try {
    if (flags.isApp || (repository.credentials?.kind === 'app' && flags.token === null)) {
      context.print(githubAppInstructions(repository, url));
      return 0;
    }
    const hooks = await openClient(repository, flags, { context, runtime });
    const [secret = ''] = await runtime.secretsOf(repository, context.signal);
    return await register(context, { repository, hooks, wanted: { url, secret } });
  } finally {
    runtime.close();
  }
}

interface Registration {
  readonly repository: Repository;
  readonly hooks: WebhookClient;
  readonly wanted: HookSettings;
}

async function register(context: Context, { repository, hooks, wanted }: Registration): Promise<ExitCode> {
  const { signal, print, output } = context;
  const existing = (await hooks.list(signal)).find(({ url }) => url === wanted.url);
  if (output === 'text') print(planText(existing, repository, wanted));
  const prompt = { command: 'headgate connect', question: 'Apply these changes?' };
  if (!(await confirm(context, prompt))) return 1;
  const id = await createOrUpdate(existing, hooks, { wanted, signal });
  const ping = await pingWebhook(id, hooks, signal);
  const result = { repository: repository.name, url: wanted.url, hook: id, created: existing === undefined };
  if (output === 'json') print(JSON.stringify({ ...result, ping: ping?.statusCode ?? null }, null, 2));
  if (ping?.statusCode !== 200) throw pingFailed(ping, wanted);
  if (output === 'text') print(`webhook ${id} is registered, and its ping succeeded`);
  return 0;
}

function planText(existing: Hook | undefined, { fullName }: Repository, { url }: HookSettings): string {
  if (existing === undefined) {
    return `will create a webhook on ${fullName}: push → ${url}, application/json, with the secret`;
  }
  const { id, isActive, contentType, events, isTlsVerified } = existing;
  const changes = [
    ...(isActive ? [] : ['inactive → active']),
    ...(contentType === 'json' ? [] : [`content type ${contentType} → json`]),
    ...(events.length === 1 && events[0] === 'push' ? [] : [`events ${events.join(', ')} → push`]),
    ...(isTlsVerified ? [] : ['TLS not verified → verified']),
    'secret set again',
  ];
  return `will update webhook ${id} of ${fullName} (${url}): ${changes.join(', ')}`;
}

async function createOrUpdate(
  existing: Hook | undefined,
  hooks: WebhookClient,
  { wanted, signal }: { wanted: HookSettings; signal: AbortSignal },
): Promise<number> {
  if (existing === undefined) return (await hooks.create(wanted, signal)).id;
  await hooks.update(existing.id, wanted, signal);
  return existing.id;
}

async function openClient(
  repository: Repository,
  { token }: ConnectFlags,
  { context, runtime }: { context: Context; runtime: LocalRuntime },
): Promise<WebhookClient> {
  const { api, fullName, credentials, name } = repository;
  const own = credentials?.kind === 'token' ? credentials.token : null;
  const reference = token ?? own;
  const hooks = await hooksOf(repository);
  if (hooks === null) throw noWebhooks(repository, context);
  if (api === null || fullName === null || reference === null) {
    throw new DeployError('usage', {
      subject: `repository ${name}`,
      message: 'no token is configured that could register a webhook',
      remedy: 'Pass a token that may administer webhooks, such as --token env:ADMIN_TOKEN.',
    });
  }
  const value = await resolveSecret(reference, runtime.secrets, context.signal);
  return openWebhookClient({ api, fullName }, { api: hooks, token: value, ca: await caOf(repository) });
}

function noWebhooks({ name }: Repository, { configPath }: Context): DeployError {
  return new DeployError('usage', {
    subject: configPath,
    message: `repository ${name} is on a host without webhooks in its API`,
    remedy: 'Rely on the sweep, which finds its pushes.',
  });
}
