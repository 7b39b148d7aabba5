import type { ChannelRenderer } from '../channels/port.ts';
import { isChannelKind } from '../config/checked/channel.ts';
import type { ChannelKeys } from '../config/checked/channel.ts';
import { readConfig as read } from '../config/checked/read-config.ts';
import type { ConfigFile, ReadConfig } from '../config/checked/read-config.ts';
import { isHost } from '../githost/hosts.ts';
import type { HostDefinition } from '../githost/port/host.ts';

/** A custom kind of channel. */
export interface ChannelDefinition {
  /** `kind` in headgate.yml. */
  readonly kind: string;
  readonly keys: ChannelKeys;
  readonly renderer: ChannelRenderer;
}

/** What headgate.yml may name beside what this package has. */
export interface Additions {
  readonly hosts?: readonly HostDefinition[];
  readonly channels?: readonly ChannelDefinition[];
}

/**
 * The text of headgate.yml in its checked form, or every mistake in it. `file.path` is absolute; relative paths in the file
 * start there.
 * @throws TypeError when the name of an addition is taken
 */
export function readConfig(file: ConfigFile, { hosts = [], channels = [] }: Additions = {}): ReadConfig {
  refuseTaken(
    hosts.map(({ name }) => name),
    (name) => isHost(name),
  );
  refuseTaken(
    channels.map(({ kind }) => kind),
    isChannelKind,
  );
  const keys = Object.fromEntries(channels.map((channel) => [channel.kind, channel.keys]));
  return read(file, { hosts, channels: keys });
}

function refuseTaken(names: readonly string[], isTaken: (name: string) => boolean): void {
  const taken = names.find((name, index) => isTaken(name) || names.indexOf(name) !== index);
  if (taken !== undefined) throw new TypeError(`"${taken}" is taken: choose another name`);
}
