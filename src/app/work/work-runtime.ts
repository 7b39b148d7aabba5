import type { Readers } from '../../deploy/ports/tools.ts';
import type { RegistryLogin } from '../../sandbox/pull-chart.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { ChannelSender } from '../channels/channel-sender.ts';
import type { SecretSources } from '../secrets.ts';

/** The runtime of what is done beside deploys: messages, commits and plans. */
export interface WorkRuntime extends AppRuntime {
  readonly secrets: SecretSources;
  readonly registryLogin: RegistryLogin;
  readonly loadReaders: () => Promise<Readers>;
  readonly sender: ChannelSender;
}
