import type { ChannelRenderer, Destination } from '../../channels/port.ts';
import type { ChannelConfig } from '../../config/checked/channel.ts';
import type { Config } from '../../config/checked/config.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import type { SecretSources } from '../secrets.ts';

/** For one request and its response. */
export const DEADLINE_MS = 10_000;

export interface ChannelConnection extends Pick<SenderOptions, 'aws' | 'wait' | 'deadlineMs'> {
  readonly channel: ChannelConfig;
  readonly to: Destination;
  readonly renderer: ChannelRenderer;
}

export interface SenderOptions {
  readonly config: Pick<Config, 'channels' | 'repositories'>;
  readonly secrets: SecretSources;
  readonly aws: Aws;
  /** Renders kinds of channels that this package does not have. Default: there are none. */
  readonly renderers?: Readonly<Record<string, ChannelRenderer>>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Default: `DEADLINE_MS`. */
  readonly deadlineMs?: number;
}
