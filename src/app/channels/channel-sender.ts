import { isChannelKind } from '../../config/checked/channel.ts';
import type { ChannelConfig } from '../../config/checked/channel.ts';
import type { ChannelRenderer, Destination, Notice } from '../../channels/port.ts';
import { asDeployError, failureClassOf } from '../../error/deploy-error.ts';
import type { DeployError, Problem } from '../../error/deploy-error.ts';
import { profileOf } from '../../githost/profiles.ts';
import { resolveSecret } from '../secrets.ts';
import { deliver } from './deliver.ts';
import { withoutSecrets } from './without-secrets.ts';
import type { SenderOptions } from './channel-connection.ts';

/** What became of notices of one channel. */
export interface SentNotices {
  /** What the service will not take, whatever is done. */
  readonly refused: readonly Problem[];
  /** What is to be sent again: the first notice that failed, and all after it. */
  readonly later: { readonly notices: readonly Notice[]; readonly error: DeployError } | null;
}

/** Sends messages to the channels of headgate.yml. Reports failures; rejects only when it is interrupted. */
export interface ChannelSender {
  send(notices: readonly Notice[], signal: AbortSignal): Promise<SentNotices>;
}

export function channelSender(options: SenderOptions): ChannelSender {
  const { config, secrets, renderers = {}, nowMs } = options;

  async function destinationOf(channel: ChannelConfig, repository: string, signal: AbortSignal): Promise<Destination> {
    const read = async (reference: ChannelConfig['url']) =>
      reference === null ? '' : resolveSecret(reference, secrets, signal);
    const [url, token] = await Promise.all([read(channel.url), read(channel.token)]);
    const { api = null, fullName = '' } = config.repositories.get(repository) ?? {};
    const { name, from, to } = channel;
    const arn = channel.topic ?? channel.bus ?? '';
    return { name, url, token, arn, from: from ?? '', to, api, fullName, commitUrl };
  }

  function commitUrl({ repository: name, revision }: Notice): string | null {
    const repository = config.repositories.get(name);
    if (repository === undefined || revision === null) return null;
    return profileOf(repository.host).commitUrl(new URL(repository.url), revision);
  }

  async function rendererOf(kind: string): Promise<ChannelRenderer> {
    // No push needs them, and there are many.
    const { RENDERERS } = await import('../../channels/kinds/renderers.ts');
    const renderer = isChannelKind(kind) ? RENDERERS[kind] : renderers[kind];
    if (renderer === undefined) throw new TypeError(`no renderer was given for the kind of channel "${kind}"`);
    return renderer;
  }

  async function sendOne(
    { channel, renderer }: { readonly channel: ChannelConfig; readonly renderer: ChannelRenderer },
    notices: readonly Notice[],
    signal: AbortSignal,
  ): Promise<void> {
    const to = await destinationOf(channel, notices[0]?.repository ?? '', signal);
    const request = renderer.render(withoutSecrets(notices, to), to, nowMs());
    if (request !== null) await deliver(request, { channel, to, renderer, ...options }, signal);
  }

  return {
    async send(notices, signal) {
      const name = notices[0]?.channel ?? '';
      const channel = config.channels.get(name);
      if (channel === undefined) return { refused: [unknown(name)], later: null };
      const renderer = await rendererOf(channel.kind);
      const { together } = renderer;
      const refused: Problem[] = [];
      for (let at = 0; at < notices.length; at += together) {
        try {
          await sendOne({ channel, renderer }, notices.slice(at, at + together), signal);
        } catch (thrown) {
          signal.throwIfAborted();
          const error = asDeployError(thrown);
          if (failureClassOf(error.code) === 'external')
            return { refused, later: { notices: notices.slice(at), error } };
          refused.push(error.problem);
        }
      }
      return { refused, later: null };
    },
  };
}

function unknown(name: string): Problem {
  return {
    code: 'channel-refused',
    subject: `channel ${name}`,
    message: 'the channel is no longer in headgate.yml',
    remedy: 'Add the channel again, or ignore this: its queued messages were dropped.',
  };
}
