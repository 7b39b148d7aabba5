import { DeployError } from '../../error/deploy-error.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { connectCluster } from '../setup/connect-cluster.ts';
import { connectRepository } from '../setup/connect-repository.ts';
import type { ConnectFlags } from '../setup/connect-flags.ts';

/** A repository's webhook, or a cluster's access; the name says which is meant. */
export async function connectCommand(context: Context, name: string, flags: ConnectFlags): Promise<ExitCode> {
  const { repositories, clusters } = context.config;
  const repository = repositories.get(name);
  const cluster = clusters.get(name);
  if (repository !== undefined && cluster !== undefined) {
    throw new DeployError('usage', {
      subject: context.configPath,
      message: `${name} is the name of a repository and of a cluster`,
      remedy: 'Give one of them another name.',
    });
  }
  if (repository !== undefined) return connectRepository(context, repository, flags);
  if (cluster !== undefined) return connectCluster(context, cluster, flags);
  throw new DeployError('usage', {
    subject: context.configPath,
    message: `there is no repository or cluster ${name}`,
    remedy: `Known are ${[...repositories.keys(), ...clusters.keys()].join(', ')}.`,
  });
}
