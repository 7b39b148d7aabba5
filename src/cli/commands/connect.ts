import { DeployError } from '../../error/deploy-error.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { connectCluster } from '../setup/connect-cluster.ts';
import { connectRepository } from '../setup/connect-repository.ts';
import type { ConnectFlags } from '../setup/connect-flags.ts';

/** Connects a repository or a cluster, whichever has this name. */
export async function connectCommand(context: Context, name: string, flags: ConnectFlags): Promise<ExitCode> {
  const { repositories, clusters } = context.config;
  const repository = repositories.get(name);
  const cluster = clusters.get(name);
  if (repository !== undefined && cluster !== undefined) {
    throw new DeployError('usage', {
      subject: context.configPath,
      message: `${name} is the name of both a repository and a cluster`,
      remedy: 'Rename one of them.',
    });
  }
  if (repository !== undefined) return connectRepository(context, repository, flags);
  if (cluster !== undefined) return connectCluster(context, cluster, flags);
  throw new DeployError('usage', {
    subject: context.configPath,
    message: `no repository or cluster is named ${name}`,
    remedy: `Use one of ${[...repositories.keys(), ...clusters.keys()].join(', ')}.`,
  });
}
