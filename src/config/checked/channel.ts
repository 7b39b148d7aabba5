import type { ChannelEvent, Severity } from '../written/channel-events.ts';
import type { SecretReference } from '../written/reference.ts';

/** The keys of each kind of channel: those that it requires, and those that it allows. */
export const CHANNEL_KEYS = {
  slack: { required: ['url'], optional: [] },
  teams: { required: ['url'], optional: [] },
  discord: { required: ['url'], optional: [] },
  googlechat: { required: ['url'], optional: [] },
  mattermost: { required: ['url'], optional: [] },
  pagerduty: { required: ['token'], optional: ['url'] },
  webhook: { required: ['url', 'token'], optional: [] },
  sns: { required: ['topic'], optional: [] },
  eventbridge: { required: ['bus'], optional: [] },
  'github-deployments': { required: ['token'], optional: [] },
  grafana: { required: ['url', 'token'], optional: [] },
  smtp: { required: ['url', 'from', 'to'], optional: [] },
} as const satisfies Readonly<Record<string, ChannelKeys>>;

export type ChannelKind = keyof typeof CHANNEL_KEYS;
/** The keys that a kind of channel requires, and those that it allows. */
export interface ChannelKeys {
  readonly required: readonly ChannelKey[];
  readonly optional: readonly ChannelKey[];
}

export type ChannelKey = 'url' | 'token' | 'topic' | 'bus' | 'from' | 'to';

/** An entry of `channels`: where messages about targets are sent. */
export interface ChannelConfig {
  readonly name: string;
  /** A `ChannelKind`, or one that was made outside of this package. */
  readonly kind: string;
  /** The address is a secret for most kinds: anyone who knows it may write there. */
  readonly url: SecretReference | null;
  readonly token: SecretReference | null;
  /** The ARN of an SNS topic. */
  readonly topic: string | null;
  /** The ARN of an EventBridge bus. */
  readonly bus: string | null;
  /** Mail addresses. */
  readonly from: string | null;
  readonly to: readonly string[];
  readonly events: readonly ChannelEvent[];
  /** Names of targets, in which `*` matches any characters. */
  readonly targets: readonly string[];
  /** Less severe events are not sent. */
  readonly severity: Severity;
}

export function isChannelKind(text: unknown): text is ChannelKind {
  return typeof text === 'string' && Object.hasOwn(CHANNEL_KEYS, text);
}

export function referencesOfChannel({ url, token }: ChannelConfig): readonly SecretReference[] {
  return [url, token].filter((reference) => reference !== null);
}
