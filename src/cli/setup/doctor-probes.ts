import type { Repository, Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { hostOf } from '../../githost/hosts.ts';
import { asRevision } from '../../snapshot/source.ts';
import { sendToHost } from '../../app/githost/host-request.ts';
import { caOf } from '../../app/runtime.ts';
import { resolveSecret } from '../../app/secrets.ts';
import type { AccessProbes } from '../lookup/access-probes.ts';
import type { Context } from '../terminal/context.ts';
import { openWebhookClient } from './webhook-client.ts';
import { probeTargetAccess } from './target-access.ts';
import { diagnoseWebhook } from './diagnose-webhook.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import type { Probe } from '../lookup/probe.ts';

export interface DoctorFlags {
  /** A token that may read webhooks; null: the repository's own. */
  readonly token: SecretReference | null;
}

type Connections = Pick<AccessProbes, 'runtime' | 'sessions'>;

/** Probes for what goes wrong in practice, beyond those of `headgate check`. They write nothing. */
export function doctorProbes(
  context: Context,
  connections: Connections,
  { targets, ...flags }: DoctorFlags & { readonly targets: readonly Target[] },
): readonly Probe[] {
  const { config } = context;
  const hosted = [...config.repositories.values()].filter(({ api }) => api !== null);
  const apis = new Map(hosted.map((repository) => [repository.api, repository]));
  return [
    ...[...apis.values()].map((repository): Probe => ({
      kind: 'clock',
      name: repository.api ?? '',
      run: (signal) => probeClock(repository, context, signal),
    })),
    ...hosted.map((repository): Probe => ({
      kind: 'webhook',
      name: repository.name,
      run: (signal) => probeWebhook(repository, { connections, flags }, signal),
    })),
    ...hosted
      .filter(({ statuses, credentials }) => statuses && credentials !== null)
      .map((repository): Probe => ({
        kind: 'statuses',
        name: repository.name,
        run: (signal) => probeStatuses(repository, connections, signal),
      })),
    ...targets.map((target): Probe => ({
      kind: 'target',
      name: target.name,
      run: async (signal) => {
        const { runtime, sessions } = connections;
        const { username } = await probeTargetAccess(target, { accessOf: runtime.accessOf, sessions }, signal);
        return `can deploy as ${username}`;
      },
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
      'Synchronize it by NTP. Until then, AWS refuses signatures, and Git hosts refuse tokens that are signed with the time.',
  });
}

async function probeWebhook(
  repository: Repository,
  { connections: { runtime }, flags }: { connections: Connections; flags: DoctorFlags },
  signal: AbortSignal,
): Promise<string> {
  const { api, fullName, name } = repository;
  const given = flags.token;
  const token =
    given === null ? await runtime.tokenOf(repository) : await resolveSecret(given, runtime.secrets, signal);
  const { loadApi, loadSetup } = hostOf(repository);
  const { hooks: hookApi } = await loadSetup();
  if (hookApi === null || loadApi === null) return `skipped: the API of ${repository.host} has no webhooks`;
  if (api === null || token === null) return 'skipped: there are no credentials';
  const access = { hooks: hookApi, api: await loadApi(), token, ca: await caOf(repository) };
  const hooks = openWebhookClient({ api, fullName }, access);
  try {
    const deliveriesOf = (hook: { readonly id: string }) => hooks.deliveries(hook.id, signal);
    return await diagnoseWebhook({ repository: name, fullName, hooks: await hooks.list(signal), deliveriesOf });
  } catch (thrown) {
    // Credentials for deploys do not need this permission, and should not have it.
    if (thrown instanceof DeployError && thrown.code === 'host-forbidden' && given === null) {
      return 'skipped: the credentials cannot read webhooks (pass --token env:ADMIN_TOKEN)';
    }
    throw thrown;
  }
}

/** Posts a status for a commit that does not exist, which writes nothing: the answer shows whether the credentials may write statuses. */
async function probeStatuses(repository: Repository, { runtime }: Connections, signal: AbortSignal): Promise<string> {
  const { api, fullName } = repository;
  const host = await hostOf(repository).loadApi?.();
  const revision = asRevision('1'.padStart(40, '0'));
  const token = await runtime.tokenOf(repository);
  if (host === undefined || revision === null || api === null || token === null) return 'no statuses are written';
  const status = { state: 'success', context: 'headgate/doctor', description: '' } as const;
  const request = host.statusRequest({ api, fullName, revision }, status);
  const headers = { ...request.headers, authorization: host.authorizationOf(token) };
  const ca = await caOf(repository);
  const answer = await sendToHost({ ...request, headers }, { ca, deadlineMs: DEADLINE_MS }, signal);
  if (host.showsStatusAccess(answer)) return 'can be written';
  throw new DeployError('host-forbidden', {
    subject: `repository ${repository.name}`,
    message: `the credentials cannot write commit statuses: ${api} returned status ${answer.status}`,
    remedy: `Grant the permission (${host.statusPermission}), or set statuses: false.`,
  });
}
