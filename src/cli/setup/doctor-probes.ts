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

type World = Pick<AccessProbes, 'runtime' | 'sessions'>;

/** What goes wrong in practice, beside what `headgate check` looks at. Nothing is written anywhere. */
export function doctorProbes(
  context: Context,
  world: World,
  { targets, ...flags }: DoctorFlags & { readonly targets: readonly Target[] },
): readonly Probe[] {
  const { config } = context;
  const hosted = [...config.repositories.values()].filter(({ host }) => host !== 'git');
  const apis = new Map(hosted.map((repository) => [repository.api, repository]));
  return [
    ...[...apis.values()].map((repository): Probe => ({
      kind: 'clock',
      name: repository.api ?? '',
      run: (signal) => lookAtClock(repository, context, signal),
    })),
    ...hosted.map((repository): Probe => ({
      kind: 'webhook',
      name: repository.name,
      run: (signal) => lookAtWebhook(repository, { world, flags }, signal),
    })),
    ...hosted
      .filter(({ statuses, credentials }) => statuses && credentials !== null)
      .map((repository): Probe => ({
        kind: 'statuses',
        name: repository.name,
        run: (signal) => lookAtStatuses(repository, world, signal),
      })),
    ...targets.map((target): Probe => ({
      kind: 'target',
      name: target.name,
      run: async (signal) => {
        const { accessOf } = world.runtime;
        const { username } = await probeTargetAccess(target, { accessOf, sessions: world.sessions }, signal);
        return `may deploy as ${username}`;
      },
    })),
  ];
}

const DEADLINE_MS = 10_000;
/** An App signs for a minute of difference; AWS takes five. */
const SKEW_MS = 60_000;

async function lookAtClock(repository: Repository, { nowMs }: Context, signal: AbortSignal): Promise<string> {
  const headers = { accept: 'application/json', 'user-agent': 'headgate/1.0' };
  const request = { method: 'GET', url: repository.api ?? '', headers, body: null } as const;
  const answer = await sendToHost(request, { ca: await caOf(repository), deadlineMs: DEADLINE_MS }, signal);
  const skewMs = nowMs() - Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(skewMs)) return 'the host does not say what time it is';
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= SKEW_MS) return `${seconds} s apart`;
  throw new DeployError('clock-wrong', {
    subject: 'the clock of this machine',
    message: `it is ${seconds} s ${skewMs > 0 ? 'ahead' : 'behind'}`,
    remedy: 'Let it be set by NTP: signatures for AWS and tokens of GitHub Apps are refused while it is wrong.',
  });
}

async function lookAtWebhook(
  repository: Repository,
  { world: { runtime }, flags }: { world: World; flags: DoctorFlags },
  signal: AbortSignal,
): Promise<string> {
  const { api, fullName, name } = repository;
  const written = flags.token;
  const token =
    written === null ? await runtime.tokenOf(repository) : await resolveSecret(written, runtime.secrets, signal);
  if (api === null || fullName === null || token === null) return 'not looked at: there are no credentials';
  const hooks = openWebhookClient({ api, fullName }, { token, ca: await caOf(repository) });
  try {
    const deliveriesOf = (hook: { readonly id: number }) => hooks.deliveries(hook.id, signal);
    return await diagnoseWebhook({ repository: name, fullName, hooks: await hooks.list(signal), deliveriesOf });
  } catch (thrown) {
    // The credentials that deploy need no such right, and better have none.
    if (thrown instanceof DeployError && thrown.code === 'host-forbidden' && written === null) {
      return 'not looked at: the credentials may not see webhooks (--token env:ADMIN_TOKEN)';
    }
    throw thrown;
  }
}

/** A status for a commit that does not exist: who may write one is told so, who may not is told that. */
async function lookAtStatuses(repository: Repository, { runtime }: World, signal: AbortSignal): Promise<string> {
  const { api, fullName } = repository;
  const host = hostOf(repository);
  const revision = asRevision('1'.padStart(40, '0'));
  const token = await runtime.tokenOf(repository);
  if (host === null || revision === null || api === null || fullName === null || token === null)
    return 'none are written';
  const status = { state: 'success', context: 'headgate/doctor', description: '' } as const;
  const request = host.statusRequest({ api, fullName, revision }, status);
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const ca = await caOf(repository);
  const answer = await sendToHost({ ...request, headers }, { ca, deadlineMs: DEADLINE_MS }, signal);
  if (answer.status === 422) return 'may be written';
  throw new DeployError('host-forbidden', {
    subject: `repository ${repository.name}`,
    message: `the credentials may not write commit statuses: ${api} answers ${answer.status}`,
    remedy:
      'Give them the permission (fine-grained and Apps: Commit statuses, read and write; classic: repo:status), or set statuses: false.',
  });
}
