import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { hostOf, nameOfHost } from '../../githost/hosts.ts';
import { sendToHost } from '../../app/githost/host-request.ts';
import { resolveSecret } from '../../app/secrets.ts';
import { wantedEvents } from './wanted-events.ts';
import type { AccessProbes } from '../lookup/access-probes.ts';
import type { Context } from '../terminal/context.ts';
import { openWebhookClient } from './webhook-client.ts';
import { diagnoseWebhook } from './diagnose-webhook.ts';
import { eventRoute } from './event-route.ts';
import { machineRegion } from '../../platforms/aws/api/machine-region.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import type { Probe } from '../../app/probes/probe.ts';
import { caOf } from '../../app/githost/ca-of.ts';

export interface DoctorFlags {
  /** A token that may read webhooks; null: the repository's own. */
  readonly token: SecretReference | null;
}

type Connections = Pick<AccessProbes, 'runtime'>;

/** Probes of this machine and of the Git hosts' settings. They write nothing. */
export function doctorProbes(context: Context, connections: Connections, flags: DoctorFlags): readonly Probe[] {
  const { config } = context;
  const hosted = [...config.repositories.values()].filter(({ api }) => api !== null);
  const apis = new Map(hosted.map((repository) => [repository.api, repository]));
  return [
    ...[...apis.values()].map((repository): Probe => ({
      kind: 'clock',
      name: repository.api ?? '',
      run: (signal) => probeClock(repository, context, signal),
    })),
    ...[...config.repositories.values()]
      .filter(({ credentials }) => credentials?.kind === 'iam')
      .map((repository): Probe => ({
        kind: 'webhook',
        name: repository.name,
        run: async () => eventRoute(repository, config.aws.region ?? (await machineRegion(context.env))),
      })),
    ...hosted.map((repository): Probe => ({
      kind: 'webhook',
      name: repository.name,
      run: (signal) => probeWebhook(repository, { connections, flags }, signal),
    })),
  ];
}

const DEADLINE_MS = 10_000;
/** Git hosts tolerate a minute of skew in a signed token, AWS five minutes in a signature. */
const SKEW_MS = 60_000;

async function probeClock(repository: Repository, { nowMs }: Context, signal: AbortSignal): Promise<string> {
  const headers = { accept: 'application/json', 'user-agent': 'headgate/1.0' };
  const request = { method: 'GET', url: repository.api ?? '', headers, body: null } as const;
  const answer = await sendToHost(request, { ca: await caOf(repository), deadlineMs: DEADLINE_MS }, signal);
  const skewMs = nowMs() - Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(skewMs)) return 'the host sends no date';
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= SKEW_MS) return `${seconds} s off`;
  throw new DeployError('clock-wrong', {
    subject: 'clock of this machine',
    message: `the clock is ${seconds} s ${skewMs > 0 ? 'ahead' : 'behind'}`,
    remedy:
      'Synchronize it with NTP. Until then, AWS rejects signatures, and Git hosts reject tokens that contain a timestamp.',
  });
}

const UNREADABLE = Symbol('the credentials are for the functions alone');

function unlessUnreadable(thrown: unknown): typeof UNREADABLE {
  if (thrown instanceof DeployError && thrown.code === 'aws-unauthorized') return UNREADABLE;
  throw thrown;
}

async function probeWebhook(
  repository: Repository,
  { connections: { runtime }, flags }: { connections: Connections; flags: DoctorFlags },
  signal: AbortSignal,
): Promise<string> {
  const { api, fullName, name } = repository;
  const given = flags.token;
  const token =
    given === null
      ? await runtime.tokenOf(repository).catch(unlessUnreadable)
      : await resolveSecret(given, runtime.secrets, signal);
  if (token === UNREADABLE) return 'skipped: this user cannot read the credentials (pass --token env:ADMIN_TOKEN)';
  const { loadApi, loadSetup } = hostOf(repository);
  const { hooks: hookApi } = await loadSetup();
  if (hookApi === null || loadApi === null) return `skipped: the API of ${nameOfHost(repository.host)} has no webhooks`;
  if (api === null || token === null) return 'skipped: there are no credentials';
  const access = { hooks: hookApi, api: await loadApi(), token, ca: await caOf(repository) };
  const hooks = openWebhookClient({ api, fullName }, access);
  try {
    const deliveriesOf = (hook: { readonly id: string }) => hooks.deliveries(hook.id, signal);
    return await diagnoseWebhook({
      repository: name,
      fullName,
      hooks: await hooks.list(wantedEvents(repository, runtime.config), signal),
      deliveriesOf,
    });
  } catch (thrown) {
    if (!(thrown instanceof DeployError) || given !== null) throw thrown;
    // Credentials for deploys do not need this permission, and should not have it.
    if (thrown.code === 'host-forbidden')
      return 'skipped: the credentials cannot read webhooks (pass --token env:ADMIN_TOKEN)';
    throw thrown;
  }
}
