import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import type { Hook, HookApi, HookDelivery, HookEvents, HookSettings } from '../../githost/port/setup.ts';
import { sendToHost } from '../../app/githost/host-request.ts';
import type { HostAnswer } from '../../app/githost/host-request.ts';
import type { HostApi, HostRequest, RepositoryLocation } from '../../githost/port/host-api.ts';

/** The webhooks of one repository. Needs a token that may administer them. */
export interface WebhookClient {
  list(wanted: HookEvents, signal: AbortSignal): Promise<readonly Hook[]>;
  create(wanted: HookSettings, signal: AbortSignal): Promise<Hook>;
  update(id: string, wanted: HookSettings, signal: AbortSignal): Promise<Hook>;
  /** Makes the host send a delivery now; null: the host's API cannot. */
  readonly test: ((id: string, signal: AbortSignal) => Promise<void>) | null;
  /** Newest first; null: the host's API does not list them. */
  deliveries(id: string, signal: AbortSignal): Promise<readonly HookDelivery[] | null>;
}

export interface WebhookAccess {
  readonly hooks: HookApi;
  readonly api: HostApi;
  readonly token: string;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
}

const DEADLINE_MS = 10_000;

export function openWebhookClient(place: RepositoryLocation, access: WebhookAccess): WebhookClient {
  const { hooks, api, token, ca } = access;
  const { testRequest } = hooks;

  async function send(request: HostRequest, signal: AbortSignal): Promise<string> {
    const signed = { ...request, headers: { ...request.headers, authorization: api.authorizationOf(token) } };
    const answer = await sendToHost(signed, { ca, deadlineMs: DEADLINE_MS }, signal).catch((cause: unknown) => {
      throw new DeployError('host-unreachable', {
        subject: place.api,
        message: `cannot reach the Git host: ${reasonOf(cause)}`,
        remedy: 'Check api of the repository in headgate.yml, and the network.',
        cause,
      });
    });
    if (answer.status < 300) return answer.text;
    throw refused(answer, place, access);
  }

  return {
    list: async (wanted, signal) => hooks.parseHooks(await send(hooks.listRequest(place), signal), wanted),
    async create(wanted, signal) {
      return hooks.parseHook(await send(hooks.createRequest(place, wanted), signal), wanted);
    },
    async update(id, wanted, signal) {
      return hooks.parseHook(await send(hooks.updateRequest(place, id, wanted), signal), wanted);
    },
    test: testRequest === null ? null : async (id, signal) => void (await send(testRequest(place, id), signal)),
    async deliveries(id, signal) {
      return hooks.log === null ? null : hooks.log.parse(await send(hooks.log.request(place, id), signal));
    },
  };
}

function refused(
  { status, text }: HostAnswer,
  { api: base, fullName }: RepositoryLocation,
  { hooks, api }: WebhookAccess,
): DeployError {
  const reason = api.messageOf(text) ?? '';
  // Hosts answer 404 to a token that may not see the webhooks.
  const isForbidden = status === 401 || status === 403 || status === 404;
  return new DeployError(isForbidden ? 'host-forbidden' : 'host-unreachable', {
    subject: `webhooks of ${fullName}`,
    message: `${base} returned status ${status}${reason === '' ? '' : `: ${reason}`}`,
    remedy: isForbidden
      ? `Pass a token that may administer webhooks (${hooks.permission}), such as --token env:ADMIN_TOKEN.`
      : 'Try again. If it keeps failing, register the webhook in the settings of the repository.',
  });
}
