import type { Config, Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Hook, HookApi, HookSettings, HostSetup } from '../../githost/port/setup.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { resolveSecret } from '../../app/secrets.ts';
import type { ConnectFlags } from './connect-flags.ts';
import { hostOf, nameOfHost } from '../../githost/hosts.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { openWebhookClient } from './webhook-client.ts';
import type { WebhookClient } from './webhook-client.ts';
import { wantedEvents } from './wanted-events.ts';
import { readWebhookBaseUrl } from '../stack/headgate-stack.ts';
import { pingOutcome, pingWebhook } from './ping-webhook.ts';
import { caOf } from '../../app/githost/ca-of.ts';

/** Creates or updates the webhook of a repository, and verifies it by a ping. */
export async function connectRepository(
  context: Context,
  repository: Repository,
  flags: ConnectFlags,
): Promise<ExitCode> {
  const { config, env, log, dataDir } = context;
  const setup = await hostOf(repository).loadSetup();
  const url = `${await readWebhookBaseUrl(context, flags.url)}/webhooks/${repository.name}`;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress });
  try {
    const isApp = flags.isApp || (repository.credentials?.kind === 'app' && flags.token === null);
    if (isApp || setup.hooks === null) {
      context.print(textOf(setup, { repository, isApp, url, config }));
      return 0;
    }
    const hooks = await openClient(repository, flags, { hooks: setup.hooks, context, runtime, url });
    const [secret = ''] = await runtime.secretsOf(repository, context.signal);
    return await register(context, { repository, hooks, wanted: { url, secret, ...wantedEvents(repository, config) } });
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
  const existing = (await hooks.list(wanted, signal)).find(({ url }) => url === wanted.url);
  if (output === 'text') print(planText(existing, repository, wanted));
  const prompt = { command: 'headgate connect', question: 'Apply these changes?' };
  if (!(await confirm(context, prompt))) return 1;
  const id = await createOrUpdate(existing, hooks, { wanted, signal });
  const ping = await pingWebhook(id, hooks, signal);
  const answered = ping.kind === 'answered' ? ping.delivery.statusCode : null;
  const result = { repository: repository.name, url: wanted.url, hook: id, created: existing === undefined };
  if (output === 'json') print(JSON.stringify({ ...result, ping: answered }, null, 2));
  const outcome = pingOutcome(ping, wanted);
  if (output === 'text') print(`webhook ${id} is registered, and ${outcome}`);
  return 0;
}

function planText(
  existing: Hook | undefined,
  { fullName }: Repository,
  { url, pullRequests, statuses }: HookSettings,
): string {
  if (existing === undefined) {
    const wanted = [
      'push',
      ...(pullRequests ? ['pull requests', 'comments'] : []),
      ...(statuses === true ? ['commit statuses'] : []),
    ];
    const events = wanted.join(', ').replace(/, ([^,]+)$/, ' and $1');
    return `will create a webhook on ${fullName}: ${events} → ${url}, application/json, with the secret`;
  }
  const { id, mistakes } = existing;
  const reasons = mistakes.length === 0 ? '' : `${mistakes.join(', ')}; `;
  return `will update webhook ${id} of ${fullName} (${url}): ${reasons}the secret is set again`;
}

async function createOrUpdate(
  existing: Hook | undefined,
  hooks: WebhookClient,
  { wanted, signal }: { wanted: HookSettings; signal: AbortSignal },
): Promise<string> {
  const { id, mistakes } = await (existing === undefined
    ? hooks.create(wanted, signal)
    : hooks.update(existing.id, wanted, signal));
  if (mistakes.length === 0) return id;
  throw new DeployError('config-invalid', {
    subject: wanted.url,
    message: `webhook ${id} is registered, but ${mistakes.join(', ')}`,
    remedy: 'Fix it in the settings of the repository, and run headgate doctor.',
  });
}

async function openClient(
  repository: Repository,
  { token }: ConnectFlags,
  { hooks, context, runtime, url }: { hooks: HookApi; context: Context; runtime: LocalRuntime; url: string },
): Promise<WebhookClient> {
  const { api, fullName, credentials, name } = repository;
  const own = credentials?.kind === 'token' ? credentials.token : null;
  const reference = token ?? own;
  const { loadApi, loadSetup } = hostOf(repository);
  if (loadApi === null || api === null || reference === null) {
    throw new DeployError('usage', {
      subject: `repository ${name}`,
      message: 'no token for registering a webhook is configured',
      remedy: `Pass a token that may administer webhooks, such as --token env:ADMIN_TOKEN, or register it by hand. ${(await loadSetup()).manualText({ ...repository, ...wantedEvents(repository, runtime.config) }, url)}`,
    });
  }
  const value = await resolveSecret(reference, runtime.secrets, context.signal);
  return openWebhookClient(
    { api, fullName },
    { hooks, api: await loadApi(), token: value, ca: await caOf(repository) },
  );
}

/** What to do by hand. */
function textOf(
  { manualText, appText }: HostSetup,
  { repository, isApp, url, config }: { repository: Repository; isApp: boolean; url: string; config: Config },
): string {
  const found = { ...repository, ...wantedEvents(repository, config) };
  if (!isApp) return manualText(found, url);
  if (appText !== null) return appText(found, url);
  throw new DeployError('usage', {
    subject: '--app',
    message: `${nameOfHost(repository.host)} has no Apps`,
    remedy: 'Leave --app out.',
  });
}
