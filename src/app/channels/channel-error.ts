import { cutEnd, inCharacters } from '../../error/cut-text.ts';
import type { Destination } from '../../channels/port.ts';
import type { ChannelConfig } from '../../config/checked/channel.ts';
import { formatReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { maskSecrets } from './without-secrets.ts';

interface Refused {
  readonly channel: ChannelConfig;
  readonly to: Destination;
}

const REASON = inCharacters(201);

/** A failure that only a person can fix. `status` null: nothing was sent. */
export function refusal(
  { channel, to }: Refused,
  { status, text }: { readonly status: number | null; readonly text: string },
): DeployError {
  const reason = shown(text, to);
  const redirect = status !== null && status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  const message = status === null ? reason : `status ${status}${reason === '' ? '' : `: ${reason}`}${redirect}`;
  return new DeployError('channel-refused', {
    subject: `channel ${channel.name}`,
    message: `${channel.kind} did not accept the message: ${message}`,
    remedy: remedyOf(status, channel),
  });
}

/** A failure that may pass: the queue sends the message again. */
export function unreachable(
  { channel, to }: Refused,
  { reason, afterMs }: { readonly reason: string; readonly afterMs: number | null },
): DeployError {
  return new DeployError('channel-unreachable', {
    subject: `channel ${channel.name}`,
    message: `${channel.kind} is not accepting messages: ${shown(reason, to)}`,
    remedy: 'Wait for the retry, or check that Headgate can reach it: headgate notify test sends a message.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}

function shown(text: string, to: Destination): string {
  const line = maskSecrets(text, to)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return cutEnd(visibleLine(line), REASON);
}

/** The codes of HTTP, and of SMTP (RFC 4954), that refuse a key. */
const KEY_REFUSED: ReadonlySet<number> = new Set([401, 403, 530, 535]);

function remedyOf(status: number | null, { name, url, token, topic, bus }: ChannelConfig): string {
  const key = token ?? url;
  const where = key === null ? (topic ?? bus ?? name) : formatReference(key);
  const again = `then run headgate notify test ${name}`;
  if (topic !== null || bus !== null) return `Allow Headgate to send to ${where}, and check that it exists; ${again}.`;
  if (status !== null && KEY_REFUSED.has(status)) return `Store a valid key under ${where}, ${again}.`;
  if (status === null || status === 404 || status === 410) {
    const address = url === null ? where : formatReference(url);
    return `Store a valid address under ${address} (create the webhook again if it was deleted), ${again}.`;
  }
  return `Compare kind and address of channel ${name} with the service's settings, ${again}.`;
}
