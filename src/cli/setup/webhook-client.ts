import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { messageOf } from '../../githost/github/message.ts';
import type { Hook, HookApi, HookDelivery, HookLocation, HookSettings } from '../../githost/port/hooks.ts';
import { sendToHost } from '../../app/githost/host-request.ts';
import type { HostAnswer } from '../../app/githost/host-request.ts';
import type { HostRequest } from '../../githost/port/host-api.ts';

/** The webhooks of one repository. Needs a token that may administer them. */
export interface WebhookClient {
  list(signal: AbortSignal): Promise<readonly Hook[]>;
  create(wanted: HookSettings, signal: AbortSignal): Promise<Hook>;
  update(id: number, wanted: HookSettings, signal: AbortSignal): Promise<void>;
  ping(id: number, signal: AbortSignal): Promise<void>;
  deliveries(id: number, signal: AbortSignal): Promise<readonly HookDelivery[]>;
}

const DEADLINE_MS = 10_000;

export function openWebhookClient(
  place: HookLocation,
  { api, token, ca }: { readonly api: HookApi; readonly token: string; readonly ca: string | null },
): WebhookClient {
  async function send(request: HostRequest, signal: AbortSignal): Promise<string> {
    const signed = { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
    const answer = await sendToHost(signed, { ca, deadlineMs: DEADLINE_MS }, signal).catch((cause: unknown) => {
      throw new DeployError('host-unreachable', {
        subject: place.api,
        message: `cannot reach the Git host: ${reasonOf(cause)}`,
        remedy: 'Check api of the repository in headgate.yml, and the network.',
        cause,
      });
    });
    if (answer.status < 300) return answer.text;
    throw refused(answer, place);
  }

  return {
    list: async (signal) => api.parseHooks(await send(api.listRequest(place), signal)),
    async create(wanted, signal) {
      const text = await send(api.createRequest(place, wanted), signal);
      const [hook] = api.parseHooks(`[${text}]`);
      if (hook === undefined) throw new TypeError('the array of one webhook is empty');
      return hook;
    },
    async update(id, wanted, signal) {
      await send(api.updateRequest(place, id, wanted), signal);
    },
    async ping(id, signal) {
      await send(api.pingRequest(place, id), signal);
    },
    deliveries: async (id, signal) => api.parseDeliveries(await send(api.deliveriesRequest(place, id), signal)),
  };
}

function refused({ status, text }: HostAnswer, { api, fullName }: HookLocation): DeployError {
  const reason = messageOf(text) ?? '';
  // GitHub answers 404 to a token that may not see the webhooks.
  const isForbidden = status === 401 || status === 403 || status === 404;
  return new DeployError(isForbidden ? 'host-forbidden' : 'host-unreachable', {
    subject: `webhooks of ${fullName}`,
    message: `${api} returned status ${status}${reason === '' ? '' : `: ${reason}`}`,
    remedy: isForbidden
      ? 'Pass a token that may administer webhooks (fine-grained: Webhooks, read and write; classic: admin:repo_hook), such as --token env:ADMIN_TOKEN.'
      : 'Try again. If it keeps failing, register the webhook in the settings of the repository.',
  });
}
