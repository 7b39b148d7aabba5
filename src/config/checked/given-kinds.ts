import type { HostDefinition } from '../../githost/port/host.ts';
import type { ChannelKeys } from './channel.ts';

/** What headgate.yml may name beside what this package has: for a caller that brings it along. */
export interface GivenKinds {
  readonly hosts: readonly HostDefinition[];
  /** Kinds of channels, with their keys. */
  readonly channels: Readonly<Record<string, ChannelKeys>>;
}

export const NONE_GIVEN: GivenKinds = { hosts: [], channels: {} };
