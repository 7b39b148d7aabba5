import { referencesOfChannel } from '../../config/checked/channel.ts';
import { openSessions } from '../../cluster/api/connection.ts';
import type { SessionPool } from '../../cluster/api/connection.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { clusterProbe, repositoryProbe } from '../../app/probes/access-probes.ts';
import { imageProbe } from '../../app/probes/image-probe.ts';
import {
  imageSecretsOf,
  keysOf,
  secretProbes,
  secretsOf,
  signingKeyProbes,
  signingKeysOf,
} from '../../app/probes/secret-probes.ts';
import type { Probe } from '../../app/probes/probe.ts';
import { writeProbe } from '../../app/probes/write-probe.ts';
import type { Context } from '../terminal/context.ts';

export interface AccessProbes {
  readonly probes: readonly Probe[];
  /** Shared with the probes of `doctor`. */
  readonly runtime: LocalRuntime;
  readonly sessions: SessionPool;
  close(): void;
}

/**
 * Reads every secret, the followed branches of every repository and its refs as before a push, our user name on every cluster,
 * and the tags of every image. Writes nothing.
 */
export function accessProbes({ config, env, log, dataDir }: Context): AccessProbes {
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined });
  const sessions = openSessions();
  const openRegistry = async () => {
    const { registriesOf } = await import('../../app/images/open-registries.ts');
    return registriesOf(runtime, runtime.registryLogin)();
  };
  const secrets = [
    ...[...config.repositories.values()].flatMap(secretsOf),
    ...[...config.targets, ...config.templates.map(({ settings }) => settings)].flatMap(keysOf),
    ...[...config.images.values()].flatMap(imageSecretsOf),
    ...[...config.channels.values()].flatMap((channel) => referencesOfChannel(channel)),
  ];
  return {
    probes: [
      ...secretProbes(secrets, runtime.secrets),
      ...signingKeyProbes([...config.images.values()].flatMap(signingKeysOf), runtime.secrets),
      ...[...config.repositories.values()].map((repository) => repositoryProbe(repository, runtime)),
      ...[...config.repositories.values()]
        .map((repository) => writeProbe(repository, runtime))
        .filter((one) => one !== null),
      ...[...config.clusters.values()].map((cluster) => clusterProbe(cluster, { runtime, sessions })),
      ...[...config.images.values()].map((image) => imageProbe(image, openRegistry)),
    ],
    runtime,
    sessions,
    close() {
      sessions.close();
      runtime.close();
    },
  };
}
