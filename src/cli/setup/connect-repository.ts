import { setTimeout as pause } from 'node:timers/promises';
import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { newAppPage } from '../../githost/github/hooks.ts';
import type { Hook, HookDelivery, HookSettings } from '../../githost/github/hooks.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { caOf } from '../../app/runtime.ts';
import { resolveSecret } from '../../app/secrets.ts';
import type { ConnectFlags } from './connect-flags.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { openHooks } from './hooks.ts';
import type { Hooks } from './hooks.ts';
import { receiverOf } from './stack-place.ts';

/** Registers the webhook, or mends the one that is there, and sees whether a ping of it is taken. */
export async function connectRepository(
  context: Context,
  repository: Repository,
  flags: ConnectFlags,
): Promise<ExitCode> {
  const { config, env, log, dataDir } = context;
  if (repository.host === 'git') throw noWebhooks(repository, context);
  const url = `${await receiverOf(context, flags)}/webhooks/${repository.name}`;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress });
  try {
    if (flags.isApp || (repository.credentials?.kind === 'app' && flags.token === null)) {
      context.print(appText(repository, url));
      return 0;
    }
    const hooks = await openAs(repository, flags, { context, runtime });
    const [secret = ''] = await runtime.secretsOf(repository, context.signal);
    return await register(context, { repository, hooks, wanted: { url, secret } });
  } finally {
    runtime.close();
  }
}

interface Registration {
  readonly repository: Repository;
  readonly hooks: Hooks;
  readonly wanted: HookSettings;
}

async function register(context: Context, { repository, hooks, wanted }: Registration): Promise<ExitCode> {
  const { signal, print, output } = context;
  const known = (await hooks.list(signal)).find(({ url }) => url === wanted.url);
  const plan = planOf(known, repository, wanted);
  if (output === 'text') print(plan);
  const question = { command: 'headgate connect', question: 'Do it?' };
  if (!(await confirm(context, question))) return 1;
  const id = await write(known, hooks, { wanted, signal });
  const answer = await pinged(id, hooks, signal);
  const isTaken = answer !== null && answer.statusCode === 200;
  const result = { repository: repository.name, url: wanted.url, hook: id, created: known === undefined };
  if (output === 'json') print(JSON.stringify({ ...result, ping: answer?.statusCode ?? null }, null, 2));
  if (!isTaken) throw notTaken(answer, wanted);
  if (output === 'text') print(`webhook ${id} is in place, and its ping was answered`);
  return 0;
}

function planOf(known: Hook | undefined, { fullName }: Repository, { url }: HookSettings): string {
  if (known === undefined) return `will register on ${fullName}: push → ${url}, application/json, with the secret`;
  const changes = [
    ...(known.isActive ? [] : ['inactive → active']),
    ...(known.contentType === 'json' ? [] : [`content type ${known.contentType} → json`]),
    ...(known.events.length === 1 && known.events[0] === 'push' ? [] : [`events ${known.events.join(', ')} → push`]),
    ...(known.isTlsVerified ? [] : ['TLS not verified → verified']),
    'the secret is set again',
  ];
  return `will update webhook ${known.id} of ${fullName} (${url}): ${changes.join(', ')}`;
}

async function write(
  known: Hook | undefined,
  hooks: Hooks,
  { wanted, signal }: { wanted: HookSettings; signal: AbortSignal },
): Promise<number> {
  if (known === undefined) return (await hooks.create(wanted, signal)).id;
  await hooks.update(known.id, wanted, signal);
  return known.id;
}

/** A delivery is listed when it has ended; the host itself gives up after ten seconds. */
const LOOKS = 30;
const LOOK_MS = 500;

/** How the receiver answered a ping that was sent now; null: nothing is known of it yet. */
async function pinged(id: number, hooks: Hooks, signal: AbortSignal): Promise<HookDelivery | null> {
  const before = new Set((await hooks.deliveries(id, signal)).map((delivery) => delivery.id));
  await hooks.ping(id, signal);
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const found = (await hooks.deliveries(id, signal)).find(
      (delivery) => delivery.event === 'ping' && !before.has(delivery.id),
    );
    if (found !== undefined) return found;
    await pause(LOOK_MS, undefined, { signal });
  }
  return null;
}

function notTaken(answer: HookDelivery | null, { url }: HookSettings): DeployError {
  const subject = url;
  if (answer === null) {
    return new DeployError('host-unreachable', {
      subject,
      message: 'the webhook is registered, but its ping was not delivered yet',
      remedy: 'Run headgate doctor in a minute.',
    });
  }
  const { statusCode, status } = answer;
  const isSecret = statusCode === 401;
  return new DeployError(isSecret ? 'secret-missing' : 'host-unreachable', {
    subject,
    message: `the webhook is registered, but its ping ended with: ${status}`,
    remedy: isSecret
      ? 'What receives there has another secret: deploy this headgate.yml (headgate bootstrap), or restart serve.'
      : 'See that Headgate is reached at this address from the Git host, or name the right one with --url.',
  });
}

async function openAs(
  repository: Repository,
  { token }: ConnectFlags,
  { context, runtime }: { context: Context; runtime: LocalRuntime },
): Promise<Hooks> {
  const { api, fullName, credentials, name } = repository;
  const own = credentials?.kind === 'token' ? credentials.token : null;
  const reference = token ?? own;
  if (api === null || fullName === null || reference === null) {
    throw new DeployError('usage', {
      subject: `repository ${name}`,
      message: 'it has no credentials to register a webhook with',
      remedy: 'Name a token that may administer webhooks, such as --token env:ADMIN_TOKEN.',
    });
  }
  const value = await resolveSecret(reference, runtime.secrets, context.signal);
  return openHooks({ api, fullName }, { token: value, ca: await caOf(repository) });
}

function appText({ fullName, url }: Repository, webhookUrl: string): string {
  const [owner = ''] = (fullName ?? '').split('/');
  return [
    'Register the App on this page; all but the webhook’s secret is filled in:',
    `  ${newAppPage({ owner, webhookUrl, web: new URL(url).origin })}`,
    'Paste the webhook secret that headgate.yml names, make a private key, install the App on the repository, and write',
    '  credentials: { app: <App ID>, installation: <number at the end of the installation’s address>, privateKey: ssm:<name> }',
    'An App sends all of its repositories to this one address: for each further repository register a webhook with --token.',
  ].join('\n');
}

function noWebhooks({ name }: Repository, { configPath }: Context): DeployError {
  return new DeployError('usage', {
    subject: configPath,
    message: `repository ${name} is on a host without webhooks`,
    remedy: 'Nothing to do: the sweep finds its pushes.',
  });
}
